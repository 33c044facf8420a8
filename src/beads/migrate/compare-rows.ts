import { sqlLiteral, sqlName } from '../../database/sql-text.ts';
import type { Database, Row, SqlParameter } from '../../database/types.ts';
import { canonicalJson } from './legacy-json.ts';
import type { TargetRow } from './read-rows.ts';
import type { RecycledDatabase } from './recycled-database.ts';
import { TARGET_TABLES, type TargetTable, targetTable } from './target-tables.ts';
import { createTurns } from './turns.ts';

/** A row of Dolt that is not what SQLite says. */
export interface Difference {
  readonly table: string;
  readonly row: string;
  readonly message: string;
}

export interface Comparison {
  /** Rows that were compared. */
  readonly rows: number;
  /** All of them. */
  readonly differences: readonly Difference[];
}

export interface CompareOptions {
  /** A Dolt commit to compare with, in place of what the tables hold now. */
  asOf?: string | undefined;
  /** Leave out the tables that are not part of Dolt's history. */
  versionedOnly?: boolean | undefined;
  onRows?: ((rows: number) => void) | undefined;
}

const BATCH = 1_000;

/**
 * Compares rows of SQLite with Dolt: every row by its key, column by column, and the number of rows
 * of each table, so that there are neither fewer nor more.
 */
export async function compareRows(
  source: RecycledDatabase,
  rows: Iterable<TargetRow>,
  options: CompareOptions = {},
): Promise<Comparison> {
  const differences: Difference[] = [];
  const counts = new Map<string, number>();
  const batches = new Map<string, TargetRow[]>();
  const at = options.asOf === undefined ? '' : ` AS OF ${sqlLiteral(options.asOf)}`;

  const turns = createTurns();
  const highest = new Map<string, string>();

  function flush(name: string, batch: readonly TargetRow[]): Promise<void> {
    batches.delete(name);
    counts.set(name, (counts.get(name) ?? 0) + batch.length);
    return turns.next(async () => {
      differences.push(...(await compareBatch(source, targetTable(name), batch, at, highest)));
      options.onRows?.(batch.length);
    });
  }

  for (const row of rows) {
    if (options.versionedOnly && targetTable(row.table).local) continue;
    const batch = batches.get(row.table) ?? [];
    batches.set(row.table, batch);
    batch.push(row);
    await (batch.length >= BATCH ? flush(row.table, batch) : turns.breathe());
  }
  for (const [name, batch] of [...batches]) await flush(name, batch);
  await turns.end();
  for (const table of TARGET_TABLES.values()) {
    if (table.merge !== undefined || (options.versionedOnly && table.local)) continue;
    const db = await source.use(0);
    const [found] = await db.query(`SELECT COUNT(*) AS n FROM ${table.name}${at}`);
    const [expected, actual] = [counts.get(table.name) ?? 0, Number(found?.['n'])];
    if (expected === actual) continue;
    differences.push({ table: table.name, row: '*', message: `${actual} rows in place of ${expected}` });
  }
  return { rows: [...counts.values()].reduce((sum, count) => sum + count, 0), differences };
}

async function compareBatch(
  source: RecycledDatabase,
  table: TargetTable,
  batch: readonly TargetRow[],
  at: string,
  highest: Map<string, string>,
): Promise<Difference[]> {
  const keyOf = (values: readonly unknown[]) => table.key.map((index) => String(values[index])).join(' ');
  const keyNames = table.key.map((index) => table.fields[index]?.name ?? '');
  const db = await source.use(batch.length);
  const found = await rowsOf(db, table, batch, at, highest);
  const byKey = new Map(found.map((row) => [keyNames.map((name) => String(row[name])).join(' '), row]));
  return batch.flatMap(({ values }): Difference[] => {
    const key = keyOf(values);
    const row = byKey.get(key);
    if (!row) return [{ table: table.name, row: key, message: 'is not there' }];
    const differing = differingFields(table, values, row);
    return differing.length === 0 ? [] : [{ table: table.name, row: key, message: `${differing.join(', ')} differ` }];
  });
}

/**
 * The rows with the keys of a batch. Rows mostly come in the order of their keys, and reading a range
 * is several times faster than looking each of them up.
 */
async function rowsOf(
  db: Database,
  table: TargetTable,
  batch: readonly TargetRow[],
  at: string,
  highest: Map<string, string>,
): Promise<Row[]> {
  const columns = table.fields.map(({ name, kind }) => (kind === 'blob' ? `HEX(${name}) AS ${name}` : sqlName(name)));
  const lookup = sqlName(table.fields[table.lookup]?.name ?? '');
  const select = `SELECT ${columns.join(', ')} FROM ${table.name}${at} WHERE ${lookup}`;
  const keys = [...new Set(batch.map(({ values }) => String(values[table.lookup])))].sort();
  const [first = '', last = ''] = [keys[0], keys.at(-1)];
  // Beyond ASCII the order of Dolt is not that of JavaScript.
  if (first >= (highest.get(table.name) ?? '') && !keys.some((key) => /[^\0-\x7f]/.test(key))) {
    highest.set(table.name, last);
    const limit = batch.length * 3;
    const rows = await db.query(`${select} BETWEEN ? AND ? LIMIT ${limit}`, [first, last]);
    if (rows.length < limit) return rows;
  }
  return db.query(`${select} IN (${keys.map(() => '?').join(', ')})`, keys);
}

function differingFields(table: TargetTable, values: readonly SqlParameter[], row: Row): string[] {
  const differing = table.fields.filter((field, index) => {
    const [expected, actual] = [values[index] ?? null, row[field.name] ?? null];
    if (field.kind === 'json') return !isSameJson(String(expected), actual);
    if (field.kind === 'blob') return Buffer.from(String(expected)).toString('hex').toUpperCase() !== actual;
    return expected === null || actual === null ? expected !== actual : String(expected) !== String(actual);
  });
  return differing.map(({ name }) => name);
}

/** A JSON value that is nothing but `null`, `true` or `false` comes from a driver as SQL has it. */
function isSameJson(expected: string, actual: unknown): boolean {
  if (expected === '{}') return typeof actual === 'object' && actual !== null && canonicalJson(actual) === '{}';
  const value: unknown = JSON.parse(expected);
  if (value === null) return actual === null;
  if (typeof value === 'boolean') return Number(actual) === Number(value);
  if (typeof value === 'number') return Number(actual) === value;
  return canonicalJson(value) === canonicalJson(actual);
}
