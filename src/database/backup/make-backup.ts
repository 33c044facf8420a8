import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { removeTree } from '../../util/remove-tree.ts';
import { doltFileUrl } from '../file-url.ts';
import { type DoltProgram, doltFailure } from '../run-dolt.ts';
import { isHeldElsewhere } from '../sql-error.ts';
import { sqlLiteral } from '../sql-text.ts';
import {
  type Description,
  describeDatabase,
  differenceOf,
  type Fingerprint,
  isSameFingerprint,
  readFingerprint,
} from './fingerprint.ts';
import { BACKUP_ENTRIES, type BackupRecord, backupPaths, readBackupRecord, writeBackupRecord } from './record.ts';
import type { Session, WithSession } from './session.ts';
import { stageBackup } from './stage.ts';

export interface MakeBackupOptions extends DoltProgram {
  /** Directory of the backup; absolute. A backup of this database that is there is brought up to date. */
  directory: string;
  database: string;
  /** Opens the database that is backed up. */
  source: WithSession;
  purpose: string;
  now: Date;
  onProgress: (text: string) => void;
}

export interface MadeBackup {
  readonly directory: string;
  readonly record: BackupRecord;
  /** Whether there was a backup that was brought up to date. */
  readonly updated: boolean;
}

const LOCK_TIMEOUT_MS = 600_000;

/**
 * Backs a database up with Dolt's own backup, which is consistent while others write, then restores
 * it into a temporary place, lets Dolt verify it, and compares: only then it counts. Killed at any
 * moment, the database is untouched, and another run completes the backup.
 *
 * @throws AppError ALREADY_EXISTS when the directory holds something else, IDENTITY_MISMATCH when it
 *   holds another project's backup, VALIDATION when Dolt cannot use its path, IO_ERROR, DISK_FULL
 */
export async function makeBackup(options: MakeBackupOptions): Promise<MadeBackup> {
  const { directory } = options;
  // Refused before anything is made.
  doltFileUrl(directory);
  await requireOurs(directory);
  await makeDirectory(directory).catch((error: unknown) => {
    throw fileError(error, `cannot make ${directory}`);
  });
  const lock = await acquireLock({
    directory: backupPaths(directory).lock,
    purpose: options.purpose,
    subject: `the backup ${directory}`,
    timeoutMs: LOCK_TIMEOUT_MS,
  });
  try {
    await clearLeftovers(directory);
    return await backUp(options);
  } finally {
    await lock.release();
  }
}

async function backUp(options: MakeBackupOptions): Promise<MadeBackup> {
  const { directory, database } = options;
  const { store } = backupPaths(directory);
  const known = await readBackupRecord(directory);
  // Begun by a run that was ended before it could say whose it is.
  if (!known) await removeTree(store);
  const source = await options.source(async (session) => {
    const description = await describeDatabase(session, database);
    if (known) requireSameDatabase(directory, known, database, description);
    options.onProgress(`Backing up "${database}" to ${directory}`);
    const before = await readFingerprint(session, database);
    await sync(session, store);
    return { description, before, after: await readFingerprint(session, database) };
  });
  const { description, before, after } = source;
  const staged = await verify(options, store);
  if (isSameFingerprint(before, after)) requireEqual(before, staged.fingerprint);
  else await options.source((session) => requireKnownHeads(session, staged.fingerprint));
  const { tables, projectId } = staged.description;
  const record = recordOf(database, staged.fingerprint, { ...description, tables, projectId }, options.now);
  await writeBackupRecord(directory, record);
  return { directory, record, updated: known !== undefined };
}

/**
 * Keeps a database before it is replaced, as a backup that was not restored on trial.
 *
 * @param directory a new one
 */
export async function keepAside(session: Session, database: string, directory: string, now: Date): Promise<void> {
  const { store } = backupPaths(directory);
  await makeDirectory(directory).catch((error: unknown) => {
    throw fileError(error, `cannot make ${directory}`);
  });
  await sync(session, store);
  const fingerprint = await readFingerprint(session, database);
  await writeBackupRecord(directory, recordOf(database, fingerprint, await describeDatabase(session, database), now));
}

function recordOf(database: string, fingerprint: Fingerprint, description: Description, now: Date): BackupRecord {
  const { doltVersion, branch, projectId, remotes, tables } = description;
  return {
    schema_version: 1,
    database,
    project_id: projectId,
    made_at: now.toISOString(),
    dolt_version: doltVersion,
    branch,
    ...fingerprint,
    remotes,
    tables,
  };
}

/** Dolt's own backup: branches, tags, working sets; only what is new is copied. */
export async function sync(session: Session, store: string): Promise<void> {
  try {
    await session.run(`CALL DOLT_BACKUP('sync-url', ${sqlLiteral(doltFileUrl(store))})`);
  } catch (error) {
    // Whoever opened the session knows how to wait.
    if (isHeldElsewhere(error)) throw error;
    throw doltFailure(`Dolt cannot write the backup ${store}`, messageOf(error));
  }
  const written = await stat(join(store, 'manifest')).catch(() => undefined);
  if (written) return;
  throw new AppError('IO_ERROR', `the server wrote no backup to ${store}: it does not see this machine's files`, {
    hint: 'run the command where the server runs, or give a directory that both see',
  });
}

async function verify(options: MakeBackupOptions, store: string) {
  const parent = await mkdtemp(join(options.directory, '.check-')).catch((error: unknown) => {
    throw fileError(error, `cannot write to ${options.directory}`);
  });
  try {
    return await stageBackup({ ...options, store, parent });
  } finally {
    await removeTree(parent);
  }
}

function requireEqual(source: Fingerprint, backup: Fingerprint): void {
  const difference = differenceOf(source, backup);
  if (difference === undefined) return;
  throw new AppError('IO_ERROR', `the backup does not hold what the database does: ${difference}`, {
    hint: 'the database is untouched; run the command again',
  });
}

/** Others wrote meanwhile, so the backup is a moment between: each of its commits must be one of theirs. */
async function requireKnownHeads(session: Session, backup: Fingerprint): Promise<void> {
  for (const { name, head } of backup.branches) {
    const { rows } = await session.run(
      `SELECT COUNT(*) AS n FROM dolt_commits WHERE commit_hash = ${sqlLiteral(head)}`,
    );
    if (Number(rows[0]?.['n']) > 0) continue;
    throw new AppError('IO_ERROR', `branch "${name}" of the backup is at ${head}, which the database does not know`);
  }
}

function requireSameDatabase(directory: string, known: BackupRecord, database: string, source: Description): void {
  const isSame =
    known.project_id !== null && source.projectId !== null
      ? known.project_id === source.projectId
      : known.database === database && known.project_id === source.projectId;
  if (isSame) return;
  const whose = known.project_id ? ` of project ${known.project_id}` : '';
  throw new AppError(
    'IDENTITY_MISMATCH',
    `${directory} is a backup of "${known.database}"${whose}; it is left as it is`,
    {
      hint: 'give another directory',
    },
  );
}

/** A backup goes into an empty directory, or one that holds nothing but a backup. */
async function requireOurs(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    const failure = fileError(error, `cannot use ${directory}`);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw failure;
  });
  const other = names.find((name) => !BACKUP_ENTRIES.test(name));
  if (other === undefined) return;
  throw new AppError('ALREADY_EXISTS', `${directory} holds other files (${other}); nothing was written`, {
    hint: 'give an empty or a new directory, or one that holds a backup of this database',
  });
}

async function clearLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith('.check-')) await removeTree(join(directory, name));
  }
}
