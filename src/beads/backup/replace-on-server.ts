import { dirname } from 'node:path';
import {
  type Description,
  describeDatabase,
  differenceOf,
  readFingerprint,
} from '../../database/backup/fingerprint.ts';
import { keepAside } from '../../database/backup/make-backup.ts';
import type { ReadBackup } from '../../database/backup/read-backup.ts';
import { type Session, serverSessions } from '../../database/backup/session.ts';
import { doltFileUrl } from '../../database/file-url.ts';
import type { DoltProgram } from '../../database/run-dolt.ts';
import { sqlLiteral, sqlName } from '../../database/sql-text.ts';
import { writeLockName } from '../../database/write-turn.ts';
import { AppError, messageOf } from '../../errors.ts';
import { isOutOfSpace } from '../../util/out-of-space.ts';
import { serverOptions } from '../workspace/connect.ts';
import type { ServerTarget } from '../workspace/endpoint.ts';
import { isRigsOwn, makeToLast } from '../workspace/lost-files.ts';
import { replaceInPlace } from './replace-in-place.ts';

export interface ReplaceOptions {
  target: ServerTarget;
  backup: Pick<ReadBackup, 'store' | 'fingerprint' | 'record'>;
  /** Whether a database of that name is there. */
  isThere: boolean;
  /** Where a backup of it goes. */
  aside: string;
  program: DoltProgram;
  /** An empty directory of ours. */
  scratch: string;
  now: Date;
  onProgress: (text: string) => void;
}

const TURN_SECONDS = 30;

/**
 * Restores a backup on a server, in the place of a database that is there, which is backed up before.
 * Writers of ours wait. Killed meanwhile, another run completes it.
 *
 * @returns whether there was one that was backed up
 * @throws AppError LOCK_TIMEOUT, IO_ERROR
 */
export function replaceOnServer(options: ReplaceOptions): Promise<boolean> {
  const { target, backup, onProgress } = options;
  const name = target.database;
  return serverSessions({ ...serverOptions(target), database: 'information_schema' })(async (session) => {
    await takeTurn(session, name);
    const old = options.isThere ? await backUpOld(session, options) : undefined;
    onProgress(`Restoring "${name}" on the server`);
    // What cannot be read cannot be replaced in its place.
    const inPlace = old !== undefined;
    const { store } = backup;
    await restoreStore({ ...options, session, store, inPlace });
    await session.run(`USE ${sqlName(name)}`);
    await addRemotes(session, backup.record?.remotes ?? old ?? []);
    const difference = differenceOf(backup.fingerprint, await readFingerprint(session, name));
    if (difference === undefined) return old !== undefined;
    throw new AppError('IO_ERROR', `the server does not hold what the backup does: ${difference}`, {
      hint: 'run the command again',
    });
  });
}

export interface RestoreStoreOptions {
  session: Session;
  /** Directory of the backup. */
  store: string;
  target: ServerTarget;
  program: DoltProgram;
  /** A directory of ours, for copies. */
  scratch: string;
  /** Whether the database is there, and can be read. */
  inPlace: boolean;
  onProgress: (text: string) => void;
}

/** In the place of a database of that name, if there is one. The session is at no database of ours after. */
export async function restoreStore(options: RestoreStoreOptions): Promise<void> {
  const { session, store, target, program } = options;
  const { database } = target;
  try {
    if (options.inPlace) return await replaceInPlace({ ...options, database });
    if (isRigsOwn(target, program.env)) throw stopFirst(database, store);
    const from = sqlLiteral(doltFileUrl(store));
    await makeToLast(session, target, program.env, () =>
      session.run(`CALL DOLT_BACKUP('restore', '--force', ${from}, ${sqlLiteral(database)})`),
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'RIG_RUNNING') throw error;
    const isFull = isOutOfSpace(messageOf(error));
    throw new AppError(isFull ? 'DISK_FULL' : 'IO_ERROR', `the server cannot restore ${store}: ${messageOf(error)}`, {
      hint: isFull ? OUT_OF_SPACE_ON_SERVER : 'it must be able to read that directory; the command can be run again',
      cause: error,
    });
  }
}

/** 0131: it cannot be read, so it would have to be dropped. */
function stopFirst(rig: string, store: string): AppError {
  return new AppError('RIG_RUNNING', `the database of rig "${rig}" cannot be read, and not be replaced while it runs`, {
    hint: `gt dolt stop ${rig} && gt dolt restore ${rig} ${dirname(store)} --confirm ${rig} && gt dolt start ${rig}`,
  });
}

// 0130: the server may have opened files that are gone.
const OUT_OF_SPACE_ON_SERVER =
  'free some space where the server keeps its databases, restart one that gt did not start, then run the command again';

/** The turn to write in a database, until the session ends. */
export async function takeTurn(session: Session, database: string): Promise<void> {
  const { rows } = await session.run(`SELECT GET_LOCK(${sqlLiteral(writeLockName(database))}, ${TURN_SECONDS}) AS got`);
  if (rows[0]?.['got'] === 1) return;
  throw new AppError(
    'LOCK_TIMEOUT',
    `database is locked: waited ${TURN_SECONDS}s for the turn to write in "${database}"`,
    {
      hint: 'wait for who writes there, then run the command again',
    },
  );
}

/** What no backup of Dolt's holds. */
export async function addRemotes(session: Session, remotes: Remotes): Promise<void> {
  for (const { name, url } of remotes) {
    await session.run(`CALL DOLT_REMOTE('add', ${sqlLiteral(name)}, ${sqlLiteral(url)})`);
  }
}

type Remotes = Description['remotes'];

/** @returns its remotes; undefined when it cannot be backed up */
async function backUpOld(session: Session, options: ReplaceOptions): Promise<Remotes | undefined> {
  const { database } = options.target;
  try {
    await session.run(`USE ${sqlName(database)}`);
    await keepAside(session, database, options.aside, options.now);
    return (await describeDatabase(session, database)).remotes;
  } catch (error) {
    options.onProgress(
      `The old database cannot be backed up (${messageOf(error)}); Dolt keeps it: CALL DOLT_UNDROP('${database}')`,
    );
    return undefined;
  } finally {
    await session.run('USE information_schema');
  }
}
