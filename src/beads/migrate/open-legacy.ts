import { basename } from 'node:path';
import { AppError } from '../../errors.ts';
import { type LegacyBeads, readLegacyBeads } from './legacy-rows.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { openSqlite } from './sqlite.ts';

/** A snapshot of a SQLite database of issues, open for reading. */
export interface OpenLegacy {
  readonly snapshot: Snapshot;
  readonly beads: LegacyBeads;
  close(): void;
}

/**
 * @param directory an empty directory of ours, for the snapshot
 * @throws AppError NOT_FOUND when the file holds no issues table, and what `takeSnapshot` throws
 */
export async function openLegacy(source: string, directory: string): Promise<OpenLegacy> {
  const snapshot = await takeSnapshot(source, directory);
  const db = await openSqlite(snapshot.path);
  try {
    if (!db.tables.get('issues')?.includes('id')) throw noIssues(source);
    return { snapshot, beads: readLegacyBeads(db), close: () => db.close() };
  } catch (error) {
    db.close();
    throw error;
  }
}

function noIssues(source: string): AppError {
  return new AppError('NOT_FOUND', `${source} holds no issues: it is no database of bd, or an empty one`, {
    hint: `if it is not needed, move ${basename(source)} away; bd init   makes a new database`,
  });
}
