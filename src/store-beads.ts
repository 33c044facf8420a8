import type { RestoreOptions, RestoreResult } from './beads/backup/restore.ts';
import type { MigrateOptions, MigrateResult } from './beads/migrate/migrate.ts';
import type { MigrationPlan } from './beads/migrate/plan.ts';
import type { MoveOptions } from './beads/move/move.ts';
import type { MoveResult } from './beads/move/move-context.ts';

/** What these functions find out by themselves. */
type Found = 'dir' | 'env' | 'findDolt' | 'findRig' | 'now' | 'onProgress';

interface Where {
  /** Directory to look for `.beads` from, upward; default the working directory. */
  dir?: string | undefined;
  /** Is told each step; default: nobody. */
  onProgress?: ((text: string) => void) | undefined;
}

export type MigrateBeadsOptions = Where & Omit<MigrateOptions, Found>;
export type MoveBeadsOptions = Where & Omit<MoveOptions, Found>;
export type RestoreBeadsOptions = Where & Omit<RestoreOptions, Found>;

/**
 * Takes the issues of a SQLite database over to Dolt, as `bd migrate --to-dolt` does.
 *
 * @returns undefined when the workspace uses Dolt already
 * @throws AppError NOT_INITIALIZED, NOT_FOUND, ALREADY_EXISTS, CONFLICT, IO_ERROR, DISK_FULL, SERVER_UNREACHABLE
 * @example const done = await migrateBeads({ dir: '/home/ann/project' });
 */
export async function migrateBeads(options: MigrateBeadsOptions = {}): Promise<MigrateResult | undefined> {
  const { migrateToDolt } = await import('./beads/migrate/migrate.ts');
  return migrateToDolt({ ...options, ...found(options) });
}

/** What {@link migrateBeads} would do; nothing is written. Throws as it does. */
export async function planMigration(options: MigrateBeadsOptions = {}): Promise<MigrationPlan | undefined> {
  const { planMigration: plan } = await import('./beads/migrate/plan.ts');
  return plan({ ...options, ...found(options) });
}

/**
 * Moves the database of a workspace to a server, or from there into `.beads`, as `bd dolt move` does.
 *
 * @throws AppError NOT_FOUND, IDENTITY_MISMATCH, CONFLICT, VALIDATION, SERVER_UNREACHABLE, LOCK_TIMEOUT
 * @example await moveBeads({ dir: '/home/ann/project', to: 'server', port: 3308 });
 */
export async function moveBeads(options: MoveBeadsOptions): Promise<MoveResult> {
  const { moveBeads: move } = await import('./beads/move/move.ts');
  return move({ ...options, ...found(options) });
}

/**
 * Puts a backup in the place of a workspace's database, as `bd restore` does.
 *
 * @throws AppError NOT_FOUND, VALIDATION without consent, IDENTITY_MISMATCH, IO_ERROR, LOCK_TIMEOUT
 * @example await restoreBeads({ backup: '/mnt/backup/hm', consent: { typed: 'hm' } });
 */
export async function restoreBeads(options: RestoreBeadsOptions): Promise<RestoreResult> {
  const { restoreBeads: restore } = await import('./beads/backup/restore.ts');
  return restore({ ...options, ...found(options) });
}

function found({ dir, onProgress }: Where) {
  return {
    dir: dir ?? process.cwd(),
    env: process.env,
    now: new Date(),
    onProgress: onProgress ?? (() => undefined),
    findDolt: async () => (await import('./find-dolt.ts')).findDoltPath(process.env),
  };
}
