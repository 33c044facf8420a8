import { sqlName } from '../../database/sql-text.ts';
import type { Queryable, Row } from '../../database/types.ts';
import { VERSIONED_TABLES } from '../schema/versioned-tables.ts';
import { readDirtyTables } from './commit.ts';
import type { MergeConflict } from './merge-conflict.ts';
import { type Column, encoded, readColumns } from './merge-conflicts.ts';
import { openConflict } from './merge-solve.ts';
import type { Change } from './row-changes.ts';

/** Both sides of a merge that is only thought of. */
export interface Sides {
  /** Our database, with what is not committed. */
  readonly ours: Queryable;
  /** A clone with both histories; it is read at `base` and at `theirs`. */
  readonly clone: Queryable;
  /** Hashes of commits: the last one that both have, and the other side's. */
  readonly base: string;
  readonly theirs: string;
}

/**
 * The conflicts that a merge would meet once our uncommitted changes are committed. Nothing is changed.
 *
 * @param committed those of what is committed already
 * @example await conflictsOfAll({ ours: db, clone, base, theirs }, await foreseeConflicts(clone, theirs));
 */
export async function conflictsOfAll(
  sides: Sides,
  committed: readonly MergeConflict[],
): Promise<readonly MergeConflict[]> {
  const conflicts = [...committed];
  // Those of the schema: another one need not be there on the other side.
  const known = new Set(VERSIONED_TABLES.map(({ name }) => name));
  for (const table of (await readDirtyTables(sides.ours)).filter((name) => known.has(name))) {
    const columns = await readColumns(sides.ours, table);
    const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
    const both = keys.length === 0 ? [] : await changedByBoth(sides, table, keys);
    if (both.length === 0) continue;
    const others = conflicts.filter((one) => one.table !== table || !both.includes(text(Object.values(one.key))));
    conflicts.splice(0, conflicts.length, ...others, ...(await conflictsOf(sides, table, columns, both)));
  }
  return conflicts;
}

/** Keys of the rows that are uncommitted here and changed there. */
async function changedByBoth({ ours, clone, base, theirs }: Sides, table: string, keys: string[]): Promise<string[]> {
  const list = keys.map((key) => `COALESCE(${sqlName(`to_${key}`)}, ${sqlName(`from_${key}`)}) AS ${sqlName(key)}`);
  const changed = async (db: Queryable, from: string, to: string) => {
    const rows = await db.query(`SELECT ${list.join(', ')} FROM DOLT_DIFF(?, ?, ?)`, [from, to, table]);
    return rows.map((row) => keyOf(row, keys));
  };
  const there = new Set(await changed(clone, base, theirs));
  return there.size === 0 ? [] : (await changed(ours, 'HEAD', 'WORKING')).filter((key) => there.has(key));
}

async function conflictsOf(
  { ours, clone, base, theirs }: Sides,
  table: string,
  columns: readonly Column[],
  wanted: readonly string[],
): Promise<MergeConflict[]> {
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  const list = columns.map(({ name, kind }) => `${encoded(name, kind)} AS ${sqlName(name)}`).join(', ');
  const where = `(${keys.map(sqlName).join(', ')}) IN (${wanted.map(() => `(${keys.map(() => '?').join(', ')})`).join(', ')})`;
  const values = wanted.flatMap((key) => JSON.parse(key) as string[]);
  const read = async (db: Queryable, revision?: string): Promise<Map<string, Row>> => {
    const at = revision === undefined ? '' : ' AS OF ?';
    const parameters = [...(revision === undefined ? [] : [revision]), ...values];
    const rows = await db.query(`SELECT ${list} FROM ${sqlName(table)}${at} WHERE ${where}`, parameters);
    return new Map(rows.map((row) => [keyOf(row, keys), row]));
  };
  const [before, mine, other] = [await read(clone, base), await read(ours), await read(clone, theirs)];
  return wanted.flatMap((key) => {
    const [was, own, their] = [before.get(key), mine.get(key), other.get(key)];
    if (!own && !their) return [];
    const change = (row: Row | undefined): Change => (row ? (was ? 'modified' : 'added') : 'removed');
    const rows = { ...(own ? { ours: own } : {}), ...(their ? { theirs: their } : {}) };
    const changes = { ours: change(own), theirs: change(their) };
    return openConflict({ table, changes, base: was, rows }, columns) ?? [];
  });
}

function keyOf(row: Row, keys: readonly string[]): string {
  return text(keys.map((key) => row[key]));
}

function text(values: readonly unknown[]): string {
  return JSON.stringify(values.map(String));
}
