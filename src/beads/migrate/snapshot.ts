import { constants } from 'node:fs';
import { chmod, copyFile, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';
import { rollBackJournal } from './roll-back.ts';
import { openSqlite, type SqliteFile } from './sqlite.ts';

/** A copy of a SQLite database as it was at one moment. */
export interface Snapshot {
  /** The copy: one file, with all that was committed, also in the write-ahead log. */
  readonly path: string;
  /** Whether the original is still as it was copied. */
  isCurrent(): Promise<boolean>;
}

/** What SQLite keeps beside a database: its content belongs to it. */
const PARTS = ['', '-wal', '-journal'] as const;
const PATIENCE_MS = 15_000;
/** File systems count time in steps: a change right after another one may not show. */
const SETTLED_MS = 50;

/**
 * Copies a SQLite database with its log while others may have it open: only copies during which no
 * file changed count. The copy is then made whole by SQLite itself: the log is taken in, or an
 * interrupted transaction rolled back, and its structure checked.
 *
 * @param directory an empty directory of ours
 * @throws AppError CONFLICT when it is being written to all the time, IO_ERROR when it is no SQLite
 *   database or damaged, DISK_FULL
 */
export async function takeSnapshot(source: string, directory: string): Promise<Snapshot> {
  const path = join(directory, 'snapshot.db');
  const state = await copyUnchanged(source, path);
  await rollBackJournal(path);
  const db = await openSqlite(path, { write: true }).catch((error: unknown) => {
    throw about(source, path, error);
  });
  try {
    db.row('PRAGMA journal_mode = DELETE');
    requireSound(source, db);
  } catch (error) {
    throw about(source, path, error);
  } finally {
    db.close();
  }
  await syncFile(path);
  return { path, isCurrent: async () => sameState(state, await readState(source)) };
}

/** What a row may hold is found out row by row; here it is about the file and its indexes. */
const ABOUT_VALUES = /^(?:NULL value in|NUMERIC value in|TEXT value in|non-unique entry in index)/;

function requireSound(source: string, db: SqliteFile): void {
  db.exec('PRAGMA ignore_check_constraints = ON');
  const found = [...db.rows('PRAGMA integrity_check(20)')].flatMap((row) => String(Object.values(row)[0]).split('\n'));
  const wrong = found.filter((line) => line !== 'ok' && !ABOUT_VALUES.test(line));
  if (wrong.length > 0) throw damaged(source, wrong.slice(0, 3).join('; '));
}

async function copyUnchanged(source: string, path: string): Promise<State> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const before = await readState(source);
    if (before.every((part) => part === undefined || Math.abs(Date.now() - part.changedMs) > SETTLED_MS)) {
      for (const [index, part] of PARTS.entries()) {
        await rm(`${path}${part}`, { force: true });
        if (before[index]) await copyPart(`${source}${part}`, `${path}${part}`);
      }
      if (sameState(before, await readState(source))) return before;
    }
    if (Date.now() > deadline) {
      throw new AppError('CONFLICT', `${source} is being written to by another program`, {
        hint: 'end the old bd and its daemon (bd daemon stop), then run the command again',
      });
    }
    await delay(SETTLED_MS);
  }
}

async function copyPart(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, 0o600);
  } catch (error) {
    // A log that was taken in meanwhile: the comparison of states finds that out.
    if (systemErrorCode(error) !== 'ENOENT') throw fileError(error, `cannot copy ${from}`);
  }
}

type State = readonly (PartState | undefined)[];

interface PartState {
  readonly text: string;
  readonly changedMs: number;
}

/** Size and times of the files; an empty log is as good as none. */
async function readState(source: string): Promise<State> {
  return Promise.all(
    PARTS.map(async (part) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(`${source}${part}`, { bigint: true });
        if (part !== '' && size === 0n) return undefined;
        return { text: [dev, ino, size, mtimeNs, ctimeNs].join(), changedMs: Number(mtimeNs / 1_000_000n) };
      } catch (error) {
        if (part !== '' && systemErrorCode(error) === 'ENOENT') return undefined;
        throw fileError(error, `cannot read ${source}${part}`);
      }
    }),
  );
}

function sameState(a: State, b: State): boolean {
  return a.every((part, index) => part?.text === b[index]?.text);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** An error of the copy, told of the file that was copied. */
function about(source: string, copy: string, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const details = { ...(error.hint ? { hint: error.hint } : {}), cause: error };
  return new AppError(error.code, error.message.replaceAll(copy, source), details);
}

function damaged(source: string, found: string): AppError {
  return new AppError('IO_ERROR', `${source} is damaged: ${found}`, {
    hint: 'restore it from a backup, or repair it with: sqlite3 FILE .recover',
  });
}
