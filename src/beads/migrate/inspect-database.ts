import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { readSchemaState, requireKnownSchema } from '../schema/level.ts';
import { LOCAL_TABLES } from '../schema/local-tables.ts';
import { VERSIONED_TABLES } from '../schema/versioned-tables.ts';
import { type MigrationRecord, readRecord } from './record.ts';

/** What is expected of a database that is there already. */
export interface Expectation {
  /** Of `metadata.json`, if it has one. */
  readonly projectId: string | undefined;
  readonly prefix: string;
  /** Of this clone: it marks what an earlier, interrupted run made. */
  readonly cloneId: string;
  /** Whether the user named this very database. */
  readonly named: boolean;
}

/** A database that the issues may go to. */
export interface InspectedDatabase {
  /** Its project; undefined where the schema is not there yet. */
  readonly projectId: string | undefined;
  /** Of an earlier run, which filled it. */
  readonly record: MigrationRecord | undefined;
}

const OURS: ReadonlySet<string> = new Set([
  ...[...VERSIONED_TABLES, ...LOCAL_TABLES].map(({ name }) => name),
  'ready_issues',
  'blocked_issues',
]);

/**
 * Looks whether issues may be imported into a database: it is empty, or an earlier run of this very
 * migration filled it. Nothing is changed.
 *
 * @throws AppError ALREADY_EXISTS when it holds anything else, IDENTITY_MISMATCH, SCHEMA_UNSUPPORTED
 */
export async function inspectDatabase(db: Database, expected: Expectation): Promise<InspectedDatabase> {
  const state = await readSchemaState(db);
  const tables = (await db.query('SHOW TABLES')).map((row) => String(Object.values(row)[0]));
  const count = async (table: string) =>
    tables.includes(table) ? Number((await db.query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.['n']) : 0;
  const issues = (await count('issues')) + (await count('wisps'));
  if (state.level === 0) {
    // What an interrupted run left is a part of our tables, without rows.
    if (issues > 0 || tables.some((name) => !OURS.has(name))) throw occupied(db, 'holds other tables');
    return { projectId: undefined, record: undefined };
  }
  requireKnownSchema(state, { name: db.name, writable: true });
  const stored = await storedValues(db);
  const record = tables.includes('local_metadata') ? await readRecord(db) : undefined;
  const isOurs = stored.cloneId === expected.cloneId;
  const { projectId } = state;
  if (expected.projectId && projectId && expected.projectId !== projectId) {
    throw new AppError(
      'IDENTITY_MISMATCH',
      `PROJECT IDENTITY MISMATCH: the database "${db.name}" belongs to project ${projectId}, and this directory to ${expected.projectId}`,
      { hint: 'choose another one: bd migrate --to-dolt --database NAME' },
    );
  }
  if (record?.cloneId === expected.cloneId) return { projectId, record };
  if (issues > 0) throw occupied(db, `holds ${issues} issues`);
  if (!isOurs && !expected.named) throw occupied(db, `belongs to project ${projectId}`);
  if (stored.prefix !== undefined && stored.prefix !== expected.prefix) {
    throw occupied(db, `is for ids that begin with "${stored.prefix}-", not "${expected.prefix}-"`);
  }
  return { projectId, record: undefined };
}

async function storedValues(db: Database): Promise<{ cloneId: string | undefined; prefix: string | undefined }> {
  const [row] = await db.query(
    "SELECT (SELECT value FROM metadata WHERE `key` = 'clone_id') AS clone_id, (SELECT value FROM config WHERE `key` = 'issue_prefix') AS prefix",
  );
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return { cloneId: text(row?.['clone_id']), prefix: text(row?.['prefix'])?.replace(/-$/, '') };
}

function occupied(db: Database, what: string): AppError {
  return new AppError('ALREADY_EXISTS', `the database "${db.name}" ${what}; it is left as it is`, {
    hint: 'choose another name: bd migrate --to-dolt --database NAME',
  });
}
