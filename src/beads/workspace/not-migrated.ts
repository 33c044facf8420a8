import { join } from 'node:path';
import { AppError, type ErrorCode } from '../../errors.ts';
import { wasMigratedHere } from './backups-here.ts';
import { legacyDatabase } from './discover.ts';
import type { Location } from './locate.ts';
import type { Metadata } from './metadata.ts';

/** The SQLite file that holds the issues of a workspace; undefined where they went over to Dolt. */
export function notMigrated({ beadsDir, settings }: Pick<Location, 'beadsDir' | 'settings'>): string | undefined {
  if (beadsDir === undefined || wasMigratedHere(beadsDir)) return undefined;
  const file = saysDolt(settings.metadata) ? undefined : legacyDatabase(beadsDir);
  return file === undefined ? undefined : join(beadsDir, file);
}

/**
 * Whether `metadata.json` says that the issues are in Dolt. A name for its database alone does not,
 * beside that of a SQLite file: it may have been chosen for a migration to come.
 */
export function saysDolt(metadata: Metadata | undefined): boolean {
  if (!metadata) return false;
  if (metadata.backend === 'dolt' || metadata.database === 'dolt') return true;
  return metadata.dolt_database !== undefined && !metadata.database?.endsWith('.db');
}

const MISSING: readonly ErrorCode[] = [
  'DATABASE_UNKNOWN',
  'NOT_INITIALIZED',
  'SCHEMA_UNSUPPORTED',
  'SERVER_UNREACHABLE',
];

/**
 * The error of a Dolt database that cannot be opened, with the way to make it where the issues are
 * still in SQLite. Other errors as they are.
 */
export function withWayToMigrate(error: unknown, location: Location): unknown {
  const file = notMigrated(location);
  if (file === undefined || !(error instanceof AppError) || !MISSING.includes(error.code)) return error;
  const migrate = `bd migrate --to-dolt   takes the issues of ${file} over`;
  const hint = error.code === 'SERVER_UNREACHABLE' && error.hint ? `${error.hint}; then ${migrate}` : migrate;
  return new AppError(error.code, error.message, { hint, cause: error });
}
