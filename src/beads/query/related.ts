import type { Queryable } from '../../database/types.ts';
import type { Comment, Dependency } from '../issue.ts';
import { decodeComment, decodeDependency } from '../issue-row.ts';
import type { IssueTables } from '../tables.ts';
import { inList, raw, run, type Sql, sql } from './sql.ts';

/**
 * What hangs on issues, read by id: one statement for each kind and layer, since Dolt loses the
 * indexes when it reads several tables in one UNION (50 ids: 85 ms instead of 4 times 1.5 ms).
 * More ids than this are asked for in several statements.
 */
const IDS_AT_ONCE = 500;

/** The labels of issues, sorted. */
export async function readLabels(
  db: Queryable,
  layers: readonly IssueTables[],
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT issue_id, label FROM ${raw(layer.labels)} WHERE issue_id IN ${among}`,
  );
  const labels = group(rows, 'issue_id', (row) => String(row['label']));
  for (const list of labels.values()) list.sort();
  return labels;
}

/** The dependencies that issues have on others, as they are stored, sorted by target. */
export async function readDependencies(
  db: Queryable,
  layers: readonly IssueTables[],
  ids: readonly string[],
): Promise<Map<string, Dependency[]>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT issue_id, depends_on_id, type, created_at, created_by,
      CAST(metadata AS CHAR) AS metadata, thread_id FROM ${raw(layer.dependencies)} WHERE issue_id IN ${among}`,
  );
  const dependencies = group(rows, 'issue_id', decodeDependency);
  for (const list of dependencies.values()) list.sort(byTarget);
  return dependencies;
}

/** How many issues depend on each of these with `blocks`. */
export async function countDependents(
  db: Queryable,
  layers: readonly IssueTables[],
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT depends_on_id AS id, COUNT(*) AS n FROM ${raw(layer.dependencies)}
      WHERE depends_on_id IN ${among} AND type = 'blocks' GROUP BY depends_on_id`,
  );
  return sums(rows);
}

/** How many comments each of these has. */
export async function countComments(
  db: Queryable,
  layers: readonly IssueTables[],
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT issue_id AS id, COUNT(*) AS n FROM ${raw(layer.comments)}
      WHERE issue_id IN ${among} GROUP BY issue_id`,
  );
  return sums(rows);
}

/** The comments of issues, oldest first. */
export async function readComments(
  db: Queryable,
  layers: readonly IssueTables[],
  ids: readonly string[],
): Promise<Map<string, Comment[]>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) =>
      sql`SELECT id, issue_id, author, text, created_at FROM ${raw(layer.comments)} WHERE issue_id IN ${among}`,
  );
  const comments = group(rows, 'issue_id', decodeComment);
  for (const list of comments.values()) list.sort(byTimeAndId);
  return comments;
}

async function read(
  db: Queryable,
  layers: readonly IssueTables[],
  ids: readonly string[],
  statement: (layer: IssueTables, among: Sql) => Sql,
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const among = inList(ids.slice(at, at + IDS_AT_ONCE));
    for (const layer of layers) {
      for (const row of await run(db, statement(layer, among))) rows.push(row);
    }
  }
  return rows;
}

function group<T>(
  rows: readonly Record<string, unknown>[],
  key: string,
  decode: (row: Record<string, unknown>) => T,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const id = String(row[key]);
    const members = groups.get(id);
    if (members) members.push(decode(row));
    else groups.set(id, [decode(row)]);
  }
  return groups;
}

function sums(rows: readonly Record<string, unknown>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const id = String(row['id']);
    counts.set(id, (counts.get(id) ?? 0) + Number(row['n']));
  }
  return counts;
}

function byTarget(a: Dependency, b: Dependency): number {
  return a.depends_on_id < b.depends_on_id ? -1 : 1;
}

function byTimeAndId(a: Comment, b: Comment): number {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
