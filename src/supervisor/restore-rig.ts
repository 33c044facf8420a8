import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Consent, obtainConsent, requireConsentFor } from '../database/backup/consent.ts';
import { readProjectId } from '../database/backup/fingerprint.ts';
import { finishPlacing, keptPath, placeDatabase } from '../database/backup/place.ts';
import { type ReadBackup, readBackup } from '../database/backup/read-backup.ts';
import { directorySessions } from '../database/backup/session.ts';
import type { DoltProgram } from '../database/run-dolt.ts';
import { makeTownDirectories } from '../dolt/environment.ts';
import { holdsDatabase, otherDatabases, rememberRig } from '../dolt/rig-database.ts';
import { AppError, messageOf } from '../errors.ts';
import { editRigs, readTownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { allocatePort } from '../town/ports.ts';
import { assertRigName } from '../town/rig-name.ts';
import { fileError } from '../util/atomic-write.ts';
import { acquireLock } from '../util/process-lock.ts';
import { removeTree } from '../util/remove-tree.ts';
import { doltOf, isAtRest } from './rig-sessions.ts';
import type { RigStatus } from './rig-status.ts';

const CAUSE_CHARACTERS = 200;

export interface RestoreRigOptions {
  readonly paths: TownPaths;
  readonly rig: string;
  /** The backup; absolute. */
  readonly backup: string;
  readonly consent: Consent;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: Date;
  /** What the rig does at that moment; it is asked again. */
  status(): Promise<RigStatus>;
  onProgress(text: string): void;
}

export interface RestoredRig {
  readonly rig: string;
  readonly directory: string;
  readonly backup: string;
  /** ISO time; undefined for a backup that Dolt made by itself. */
  readonly madeAt: string | undefined;
  readonly tables: Readonly<Record<string, number>>;
  /** Where the database is now that was replaced. */
  readonly kept: string | undefined;
}

/**
 * Puts a backup in the place of a rig's database, or makes the rig anew from it. The server must be
 * stopped: its clients are to know. The backup is verified first, somebody has to type the name of
 * a rig that has a database, and that database is kept. Killed at any moment, another run
 * completes it.
 *
 * @throws AppError DATA_DIR_BUSY while a server has the database, VALIDATION without consent,
 *   CANCELLED, IDENTITY_MISMATCH, NOT_FOUND, IO_ERROR when the backup is damaged
 */
export async function restoreRig(options: RestoreRigOptions): Promise<RestoredRig> {
  const { paths, rig } = options;
  assertRigName(rig);
  await makeTownDirectories(paths).catch((error: unknown) => {
    throw fileError(error, `cannot make ${paths.dataDir}`);
  });
  const lock = await acquireLock({
    directory: paths.lock(`restore-${rig}`),
    purpose: `gt dolt restore ${rig}`,
    subject: `rig "${rig}"`,
    timeoutMs: 60_000,
  });
  try {
    await finishPlacing(paths.rig(rig));
    const isThere = await holdsDatabase(paths, rig);
    if (isThere) {
      await requireAtRest(options);
      requireConsentFor(rig, options.consent);
    }
    return await withDraft(paths, rig, (parent) => restore(options, isThere, parent));
  } finally {
    await lock.release();
  }
}

async function restore(options: RestoreRigOptions, isThere: boolean, parent: string): Promise<RestoredRig> {
  const { paths, rig, consent } = options;
  const program = doltOf(paths, options.doltBin, options.env);
  const directory = options.backup;
  const { onProgress } = options;
  const backup = await readBackup({ ...program, directory, parent, database: rig, onProgress }).catch(
    (error: unknown) => {
      throw unreadable(directory, error);
    },
  );
  if (isThere) {
    await requireSameProject(options, program, backup);
    await obtainConsent(rig, consent, question(rig, directory, backup));
    // Accounts and their passwords are the server's, and in no backup.
    const accounts = join(paths.rig(rig), '.doltcfg');
    if (existsSync(accounts)) await cp(accounts, join(backup.directory, '.doltcfg'), { recursive: true });
    await keepOthers(options, backup.directory);
  }
  const aside = join(keptPath(paths.replaced(rig), options.now), rig);
  const kept = await place(options, isThere, backup.directory, aside);
  return {
    rig,
    directory: paths.rig(rig),
    backup: directory,
    madeAt: backup.record?.made_at,
    tables: backup.description.tables,
    kept: kept ? aside : undefined,
  };
}

/** Of what Dolt says, the cause: without the statement that was ours, and the stack of a panic. */
function unreadable(directory: string, error: unknown): unknown {
  const [, told] = /^the backup .*? (?:cannot be restored|is damaged): (.*)$/s.exec(messageOf(error)) ?? [];
  if (!(error instanceof AppError) || error.code !== 'IO_ERROR' || told === undefined) return error;
  const cause = told
    .replace(/^error on line \d+ for query CALL DOLT_BACKUP\(.*?\): /, '')
    .replace(/^panic: /, '')
    .replace(/ (?:\[recovered[^\]]*\] )?goroutine \d.*$/, '');
  return new AppError(
    'IO_ERROR',
    `the backup ${directory} cannot be read. Dolt says: ${cause.slice(0, CAUSE_CHARACTERS)}`,
    {
      hint: 'nothing was changed; restore another backup: this one is damaged, not whole, or of a newer Dolt',
      cause: error,
    },
  );
}

/** The other databases of the rig's server lie in its directory too: they stay as they are. */
async function keepOthers({ paths, rig, onProgress }: RestoreRigOptions, directory: string): Promise<void> {
  for (const name of await otherDatabases(paths, rig)) {
    onProgress(`Keeping the database "${name}", which the same server has`);
    await cp(join(paths.rig(rig), name), join(directory, name), { recursive: true }).catch((error: unknown) => {
      throw fileError(error, `cannot copy ${join(paths.rig(rig), name)}`);
    });
  }
}

async function place(options: RestoreRigOptions, isThere: boolean, from: string, aside: string): Promise<boolean> {
  const { paths, rig } = options;
  const lock = await acquireLock({
    directory: paths.lock('config'),
    purpose: `gt dolt restore ${rig}`,
    subject: 'gt.yaml',
    timeoutMs: 60_000,
  });
  try {
    if (isThere) await requireAtRest(options);
    const kept = await placeDatabase({ from, to: paths.rig(rig), aside });
    // A start that came in between has the old directory open: what it writes must not be lost.
    if (isThere) await requireAtRest(options).catch((error: unknown) => putBack(options, aside, error));
    await rememberRig(paths, rig);
    const config = await readTownConfig(paths.config);
    if (!config.rigs.some(({ name }) => name === rig)) {
      await editRigs(paths.config, [{ name: rig, port: await allocatePort(rig, config, options.env) }]);
    }
    return kept;
  } finally {
    await lock.release();
  }
}

async function putBack({ paths, rig }: RestoreRigOptions, aside: string, error: unknown): Promise<never> {
  await rename(paths.rig(rig), `${aside}.new`);
  await rename(aside, paths.rig(rig));
  throw error;
}

async function requireAtRest({ rig, status }: RestoreRigOptions): Promise<void> {
  const now = await status().catch((error: unknown) => {
    // A database that is there and in no gt.yaml has no server of ours.
    if (error instanceof AppError && error.code === 'RIG_UNKNOWN') return undefined;
    throw error;
  });
  if (!now || isAtRest(now)) return;
  const pid = now.pid === null ? '' : `, pid ${now.pid}`;
  const message = `rig "${rig}" is ${now.state}${pid}: it cannot be replaced; nothing was changed`;
  throw new AppError('DATA_DIR_BUSY', message, { hint: howToStop(now) });
}

function howToStop({ rig, state, pid, managed }: RigStatus): string {
  // No command of ours ends a process that cannot be verified.
  if (state === 'foreign') return `look at it with: ps -fp ${pid}; when that process has ended, run the command again`;
  // What gt did not start it ends by force only.
  const force = pid !== null && !managed ? ' --force' : '';
  return `gt dolt stop ${rig}${force}   then run the command again, and: gt dolt start ${rig}`;
}

async function requireSameProject(options: RestoreRigOptions, program: DoltProgram, backup: ReadBackup): Promise<void> {
  const { paths, rig } = options;
  const expected = await directorySessions(
    program,
    paths.rig(rig),
    rig,
  )((session) => readProjectId(session, rig)).catch((error: unknown) => {
    options.onProgress(`The database of rig "${rig}" cannot be read (${messageOf(error)}); it is kept all the same`);
    return null;
  });
  const { projectId } = backup.description;
  if (expected === null || projectId === null || expected === projectId) return;
  throw new AppError(
    'IDENTITY_MISMATCH',
    `${options.backup} is a backup of project ${projectId}, and rig "${rig}" is of ${expected}; nothing was changed`,
    { hint: `gt dolt restore OTHER_RIG ${options.backup}   restores it as another rig` },
  );
}

function question(rig: string, directory: string, { record, description }: ReadBackup): string {
  const rows = Object.values(description.tables).reduce((sum, count) => sum + count, 0);
  const from = record ? `of "${record.database}" from ${record.made_at}` : 'of Dolt’s own';
  return `Rig "${rig}" has a database. It is replaced by the backup ${directory} ${from} with ${rows} rows, and kept aside.`;
}

/** On the file system of the rigs. */
async function withDraft<T>(paths: TownPaths, rig: string, work: (parent: string) => Promise<T>): Promise<T> {
  const name = `restoring-${rig}-`;
  for (const left of await readdir(paths.gt)) {
    if (left.startsWith(name)) await removeTree(join(paths.gt, left));
  }
  const parent = await mkdtemp(join(paths.gt, name)).catch((error: unknown) => {
    throw fileError(error, `cannot write to ${paths.gt}`);
  });
  try {
    return await work(parent);
  } finally {
    await removeTree(parent);
  }
}
