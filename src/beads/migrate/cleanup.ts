import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ERRNO, sqlErrno } from '../../database/sql-error.ts';
import { AppError } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';
import { acquireLock } from '../../util/process-lock.ts';
import type { Target } from '../workspace/endpoint.ts';
import { keepBackup } from './backup.ts';
import { compareRows, type Difference } from './compare-rows.ts';
import { backupsIn, partsOf } from './legacy-file.ts';
import { type LegacyLocation, type LocateLegacyOptions, locateLegacy } from './locate-legacy.ts';
import { planTarget, reachablePlan } from './migrate.ts';
import { type OpenLegacy, openLegacy } from './open-legacy.ts';
import { countRows } from './progress.ts';
import { hashLocalRows, importCommit, readRecord } from './record.ts';
import { withStaging } from './staging.ts';
import { openTargetDatabase, recycledTarget, type TargetOptions } from './target-database.ts';

export interface CleanupOptions extends LocateLegacyOptions {
  findDolt: () => Promise<string>;
  now: Date;
  onProgress: (text: string) => void;
  /** Asked when everything was compared, with the files that are going to be removed. */
  confirm: (files: readonly string[]) => Promise<boolean>;
}

export interface CleanupResult {
  readonly beadsDir: string;
  /** Files that were removed. */
  readonly removed: readonly string[];
  /** Backups, which stay. */
  readonly backups: readonly string[];
}

/**
 * Removes the SQLite files of a workspace that uses Dolt, if Dolt holds what they hold: now, or in
 * the Dolt commit of the migration. Backups stay, and one is made where none has the same content.
 *
 * @throws AppError CONFLICT when Dolt does not hold the same, NOT_INITIALIZED before the migration,
 *   CANCELLED when `confirm` says no
 */
export async function cleanUpLegacy(options: CleanupOptions): Promise<CleanupResult> {
  const { beadsDir, isDolt } = await locateLegacy(options);
  if (!isDolt) {
    throw new AppError('NOT_INITIALIZED', `${beadsDir} does not use Dolt yet; nothing was removed`, {
      hint: 'bd migrate --to-dolt   first',
    });
  }
  const lock = await acquireLock({
    directory: join(beadsDir, 'init.lock'),
    temporary: true,
    purpose: 'bd migrate --cleanup',
    subject: 'workspace',
    timeoutMs: 60_000,
  });
  try {
    const location = await locateLegacy(options);
    const { source } = location;
    if (source === undefined) return { beadsDir, removed: [], backups: backupsIn(beadsDir) };
    return await withStaging(beadsDir, (directory) => cleanUp(options, location, source, directory));
  } finally {
    await lock.release();
  }
}

async function cleanUp(
  options: CleanupOptions,
  location: LegacyLocation,
  source: string,
  directory: string,
): Promise<CleanupResult> {
  const { beadsDir } = location;
  options.onProgress(`Comparing ${source} with Dolt`);
  const legacy = await openLegacy(source, directory);
  try {
    const { target, prefix } = await reachablePlan(options, location, await planTarget(location, legacy.beads));
    const [difference, ...others] = await missingInDolt(options, target, prefix, legacy);
    if (difference) throw refused(source, difference, others.length);
    const { path } = await keepBackup({
      directory: beadsDir,
      source,
      snapshot: legacy.snapshot.path,
      now: options.now,
    });
    options.onProgress(`Backup: ${path}`);
    const files = partsOf(source);
    if (!(await options.confirm(files))) throw new AppError('CANCELLED', 'nothing was removed');
    if (!(await legacy.snapshot.isCurrent())) {
      throw new AppError('CONFLICT', `${source} was written to meanwhile; nothing was removed`, {
        hint: 'end the old bd and its daemon (bd daemon stop), then run the command again',
      });
    }
    // The database goes first: without it the others say nothing.
    for (const file of files) await remove(file);
    return { beadsDir, removed: files, backups: backupsIn(beadsDir) };
  } finally {
    legacy.close();
  }
}

/** Rows of SQLite that Dolt does not have: not now, and not in the commit of the migration. */
async function missingInDolt(
  options: CleanupOptions,
  target: Target,
  prefix: string,
  legacy: OpenLegacy,
): Promise<readonly Difference[]> {
  const open: TargetOptions = { target, env: options.env, purpose: 'bd migrate', findDolt: options.findDolt };
  const migrated = await findMigration(open);
  const source = recycledTarget(open);
  try {
    const onRows = countRows('Compared', legacy.beads.rows, options.onProgress);
    const rows = hashLocalRows(legacy.beads.rowsForDolt(prefix));
    const { differences } = await compareRows(source, rows.rows, {
      asOf: migrated?.commit,
      versionedOnly: migrated !== undefined,
      onRows,
    });
    if (!migrated || differences.length > 0 || rows.digest() === migrated.localRows) return differences;
    return [{ table: 'wisps', row: '*', message: 'are not what was migrated' }];
  } finally {
    await source.close();
  }
}

async function findMigration(options: TargetOptions): Promise<{ commit: string; localRows: string } | undefined> {
  const db = await openTargetDatabase(options);
  try {
    const record = await readRecord(db).catch((error: unknown) => {
      // A fresh clone has no local tables: then the rows are compared as they are now.
      if (sqlErrno(error) === ERRNO.tableUnknown) return undefined;
      throw error;
    });
    const commit = record && (await importCommit(db, record));
    return record && commit ? { commit, localRows: record.localRows } : undefined;
  } finally {
    await db.close();
  }
}

async function remove(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
  } catch (error) {
    throw fileError(error, `cannot remove ${file}`);
  }
}

function refused(source: string, first: Difference, others: number): AppError {
  const more = others > 0 ? `, and ${others} more` : '';
  return new AppError(
    'CONFLICT',
    `${source} holds what Dolt does not: ${first.table} ${first.row} ${first.message}${more}; nothing was removed`,
    { hint: 'if you do not need it, remove the file yourself' },
  );
}
