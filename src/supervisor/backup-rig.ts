import { type MadeBackup, makeBackup } from '../database/backup/make-backup.ts';
import { directorySessions, serverSessions, type WithSession } from '../database/backup/session.ts';
import type { DoltProgram } from '../database/run-dolt.ts';
import { doltEnvironment } from '../dolt/environment.ts';
import { holdsDatabase } from '../dolt/rig-database.ts';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { RigStatus } from './rig-status.ts';

export interface BackUpRigOptions {
  readonly paths: TownPaths;
  /** What the rig does now. */
  readonly status: RigStatus;
  /** Where the backup goes; absolute. Default `.gt/backups/<rig>` in the data dir. */
  readonly directory?: string | undefined;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
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
  if (!(await holdsDatabase(paths, rig))) {
    throw new AppError('RIG_WITHOUT_DATABASE', `rig "${rig}" has no database: ${paths.rig(rig)}`, {
      hint: 'gt dolt list   shows the rigs and their directories',
    });
  }
  return makeBackup({
    ...doltOf(paths, options.doltBin, env),
    directory: options.directory ?? paths.backup(rig),
    database: rig,
    source: sourceOf(options),
    purpose: `gt dolt backup ${rig}`,
    now: options.now,
    onProgress: options.onProgress,
  });
}

/** The Dolt of a town, for what it does beside its servers. */
export function doltOf(paths: TownPaths, doltBin: string, env: NodeJS.ProcessEnv): DoltProgram {
  return { doltBin, doltHome: paths.doltRoot, env: doltEnvironment(paths, env) };
}

function sourceOf({ paths, status, doltBin, env }: BackUpRigOptions): WithSession {
  const { rig, host, port, state } = status;
  if (isAtRest(status)) return directorySessions(doltOf(paths, doltBin, env), paths.rig(rig), rig);
  if (state === 'running' && status.reachable && status.identity === 'verified' && port !== null) {
    const user = env['BEADS_DOLT_SERVER_USER'] || 'root';
    return serverSessions({ host, port, user, password: env['BEADS_DOLT_PASSWORD'] ?? '', database: rig });
  }
  throw new AppError('SERVER_NOT_RUNNING', `rig "${rig}" is ${state}, and its server cannot be asked`, {
    hint: `gt dolt status ${rig}   tells why; it can be backed up while it runs, and while it is stopped`,
  });
}

/** Whether no server has the database: also where another program holds the rig's port. */
export function isAtRest({ state, pid }: RigStatus): boolean {
  return state === 'stopped' || state === 'failed' || (state === 'foreign' && pid === null);
}
