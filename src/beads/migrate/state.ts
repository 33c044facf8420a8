import { readSchemaState, SCHEMA_LEVEL } from '../schema/level.ts';
import { reachableServer } from '../workspace/connect.ts';
import type { Target } from '../workspace/endpoint.ts';
import { type LocateLegacyOptions, locateLegacy } from './locate-legacy.ts';
import { openTargetDatabase } from './target-database.ts';

/** What a workspace keeps its issues in. */
export interface MigrationState {
  readonly beadsDir: string;
  readonly backend: 'dolt' | 'sqlite' | 'none';
  /** The SQLite file, also where Dolt is used already. */
  readonly source: string | undefined;
  readonly target: Target | undefined;
  /** Of the Dolt database. */
  readonly schemaLevel: number | undefined;
  /** Whether that is the level that this program writes. */
  readonly isCurrent: boolean;
}

/** @throws AppError NOT_INITIALIZED, SERVER_UNREACHABLE, DATABASE_UNKNOWN, … */
export async function migrationState(
  options: LocateLegacyOptions & { findDolt: () => Promise<string> },
): Promise<MigrationState> {
  const { beadsDir, source, isDolt, settings, target: locate } = await locateLegacy(options);
  if (!isDolt) {
    const backend = source === undefined ? 'none' : 'sqlite';
    return { beadsDir, backend, source, target: undefined, schemaLevel: undefined, isCurrent: false };
  }
  const found = await locate('beads');
  const target = found.mode === 'server' ? await reachableServer(found, { ...options, settings }) : found;
  const db = await openTargetDatabase({ target, env: options.env, purpose: 'bd migrate', findDolt: options.findDolt });
  try {
    const { level } = await readSchemaState(db);
    return { beadsDir, backend: 'dolt', source, target, schemaLevel: level, isCurrent: level === SCHEMA_LEVEL };
  } finally {
    await db.close();
  }
}
