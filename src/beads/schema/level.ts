import type { Answers } from '../../database/foresight.ts';
import { ERRNO, sqlErrno } from '../../database/sql-error.ts';
import type { Queryable, Row } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { LOCAL_TABLES } from './local-tables.ts';
import { TABLE_LIST, tableSizes } from './table-list.ts';

/** The schema level that this program makes and knows: that of the Go `bd` 1.0.3. */
export const SCHEMA_LEVEL = 32;

/** What an open database says about itself. */
export interface SchemaState {
  /** Highest row of `schema_migrations`; 0 when there is none. */
  readonly level: number;
  /** Whether the database has an `issues` table at all. */
  readonly hasIssues: boolean;
  /** Local tables (`wisps`, …) that are missing, as in a fresh clone. */
  readonly missingLocalTables: readonly string[];
  /** `_project_id` of the table `metadata`; undefined where nobody wrote one. */
  readonly projectId: string | undefined;
}

/**
 * Reads level, identity and missing local tables, in one round trip where the driver can, and without
 * an error on a database that holds something else.
 */
export async function readSchemaState(db: Queryable): Promise<SchemaState> {
  const together = await db.queryAll?.([TABLE_LIST, LEVEL]).catch((error: unknown) => {
    if (sqlErrno(error) !== ERRNO.tableUnknown) throw error;
  });
  const [tables, level] = together ?? [];
  return stateOf(db, tables ?? (await db.query(TABLE_LIST)), level);
}

/**
 * The same, and in the same round trip the answers to statements that read and that will be asked in
 * a moment. Where Dolt refuses one of them there are none.
 *
 * @returns among the answers is the list of tables
 */
export async function readSchemaStateAnd(
  db: Queryable,
  statements: readonly string[],
): Promise<{ state: SchemaState; answers: Answers }> {
  const asked = [...new Set([TABLE_LIST, LEVEL, ...statements])];
  const together = await db.queryAll?.(asked).catch((error: unknown) => {
    if (sqlErrno(error) === undefined) throw error;
  });
  if (!together) return { state: await readSchemaState(db), answers: new Map() };
  const answers = new Map(asked.map((statement, index) => [statement, together[index] ?? []]));
  return { state: await stateOf(db, answers.get(TABLE_LIST) ?? [], answers.get(LEVEL)), answers };
}

async function stateOf(db: Queryable, list: readonly Row[], level: readonly Row[] | undefined): Promise<SchemaState> {
  const tables = tableSizes(list);
  const has = (...names: string[]) => names.every((name) => tables.has(name));
  const [row] = level ?? (has('schema_migrations', 'metadata') ? await db.query(LEVEL) : []);
  const projectId = row?.['project_id'];
  return {
    level: Number(row?.['level'] ?? 0),
    hasIssues: has('issues'),
    missingLocalTables: LOCAL_TABLES.map((each) => each.name).filter((name) => !has(name)),
    projectId: typeof projectId === 'string' && projectId !== '' ? projectId : undefined,
  };
}

/** A join: Dolt takes twice as long for two subqueries. */
const LEVEL =
  "SELECT MAX(s.version) AS level, MAX(m.value) AS project_id FROM schema_migrations s LEFT JOIN metadata m ON m.`key` = '_project_id'";

/**
 * Refuses a database whose schema this program does not know. A newer one may be read, not written;
 * an older one is for the tool that made it to raise.
 *
 * @throws AppError SCHEMA_UNSUPPORTED, or NOT_INITIALIZED when there are no issues in it
 * @example requireKnownSchema(await readSchemaState(db), { name: db.name, writable: true });
 */
export function requireKnownSchema(state: SchemaState, use: { name: string; writable: boolean }): void {
  if (!state.hasIssues && state.level === 0) {
    throw new AppError('NOT_INITIALIZED', `the database "${use.name}" holds no issues`, {
      hint: 'check the name of the database, or make it one of beads: bd init',
    });
  }
  if (state.level > SCHEMA_LEVEL && use.writable) {
    throw new AppError(
      'SCHEMA_UNSUPPORTED',
      `the database "${use.name}" has schema level ${state.level}; this bd writes level ${SCHEMA_LEVEL}`,
      { hint: 'update this program; until then it can read: add --readonly' },
    );
  }
  if (state.level === 0) {
    throw new AppError('SCHEMA_UNSUPPORTED', `the schema of the database "${use.name}" is incomplete`, {
      hint: 'an earlier init did not finish: run `bd init` again, it completes what is missing',
    });
  }
  if (state.level < SCHEMA_LEVEL) {
    throw new AppError(
      'SCHEMA_UNSUPPORTED',
      `the database "${use.name}" has schema level ${state.level}, made by an older tool; this bd needs ${SCHEMA_LEVEL}`,
      { hint: 'back it up, then run one writing command of the Go bd 1.0.3 on it, which raises it to 32' },
    );
  }
}

/**
 * Makes the local tables that a fresh clone lacks. Nothing of this enters Dolt's history, so it
 * needs no commit and says nothing. Only for opens that may write.
 */
export async function ensureLocalTables(db: Queryable, missing: readonly string[]): Promise<void> {
  for (const table of LOCAL_TABLES) {
    if (missing.includes(table.name)) await db.execute(table.ddl);
  }
}
