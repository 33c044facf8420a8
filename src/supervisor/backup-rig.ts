import { type MadeBackup, makeBackup } from '../database/backup/make-backup.ts';
import { holdsDatabase, otherDatabases } from '../dolt/rig-database.ts';
import { AppError } from '../errors.ts';
import { doltOf, type RigAccess, rigSessions } from './rig-sessions.ts';
import type { TownBackupOptions } from './town-options.ts';

export interface BackUpRigOptions extends RigAccess {
  /** Where the backup goes; absolute. Default `.gt/backups/<rig>` in the data dir. */
  readonly directory?: string | undefined;
  /** Another database that the rig's server has, see `otherDatabases`; default the rig's own. */
  readonly database?: string | undefined;
  readonly now: Date;
  onProgress(text: string): void;
}

/**
 * Backs a rig's database up: through its server while it runs, which nobody notices, or in its
 * directory while it does not. The backup is restored on trial, verified and compared.
 *
 * @throws AppError RIG_WITHOUT_DATABASE, SERVER_NOT_RUNNING while it starts or stops, ALREADY_EXISTS,
 *   IDENTITY_MISMATCH, IO_ERROR, DISK_FULL
 */
export async function backUpRig(options: BackUpRigOptions): Promise<MadeBackup> {
  const { paths, status, env } = options;
  const { rig } = status;
  const { database = rig } = options;
  if (!(await holdsDatabase(paths, rig))) {
    throw new AppError('RIG_WITHOUT_DATABASE', `rig "${rig}" has no database: ${paths.rig(rig)}`, {
      hint: 'gt dolt list   shows the rigs and their directories',
    });
  }
  return makeBackup({
    ...doltOf(paths, options.doltBin, env),
    directory: options.directory ?? paths.backup(rig),
    database,
    source: rigSessions(options, database),
    purpose: `gt dolt backup ${rig}`,
    now: options.now,
    onProgress: options.onProgress,
  });
}

/** What became of the backup of one database. */
export interface RigBackup {
  readonly rig: string;
  /** Undefined when it failed. */
  readonly made?: MadeBackup;
  readonly error?: AppError;
}

/**
 * Backs up the databases of rigs, one after the other: the rig's own, and beside it, in
 * DIRECTORY.NAME, each other that its server has. What is wrong with a single one is in its result.
 */
export async function backUpRigs(rigs: readonly RigAccess[], options: TownBackupOptions): Promise<RigBackup[]> {
  const { onProgress = () => undefined, directory } = options;
  const made: RigBackup[] = [];
  for (const access of rigs) {
    const { paths, status } = access;
    const { rig } = status;
    for (const database of [rig, ...(await otherDatabases(paths, rig))]) {
      const to = database === rig ? directory : `${directory ?? paths.backup(rig)}.${database}`;
      try {
        made.push({ rig, made: await backUpRig({ ...access, database, directory: to, now: new Date(), onProgress }) });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        made.push({ rig, error });
      }
    }
  }
  return made;
}
