import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable, Row } from '../../database/types.ts';
import type { Comment, Dependency } from '../issue.ts';
import { decodeComment, decodeDependency } from '../issue-row.ts';
import type { Layer } from './layers.ts';
import { idTable, raw, run, type Sql, sql } from './sql.ts';

/**
 * What hangs on issues, read by id: one statement for each kind and layer, since Dolt loses the
 * indexes when it reads several tables in one UNION (50 ids: 85 ms instead of 4 times 1.5 ms).
 */

/**
 * So many ids are looked up in one statement: the time for more grows with their square. For more, a
 * table that is not much larger is read as a whole.
 */
export const LOOKED_UP = 1000;
/** How many times as long a look-up takes as reading a row on the way. */
const LOOK_UP_COST = 5;

/** All ids that come after one and not after another, as Dolt orders them. */
export interface IdRange {
  readonly after: string;
  readonly to: string;
}

/** The labels of issues, sorted. */
export async function readLabels(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[] | IdRange,
): Promise<Map<string, string[]>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT x.issue_id, x.label FROM ${among(layer.labels)}`,
  );
  const labels = group(rows, 'issue_id', (row) => String(row['label']));
  for (const list of labels.values()) list.sort();
  return labels;
}

/**
 * The dependencies that issues have on others, as they are stored, sorted by target. Their metadata
 * is read as JSON: cast to text, Dolt leaves control characters as they are, which is no JSON.
 */
export async function readDependencies(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[] | IdRange,
): Promise<Map<string, Dependency[]>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT x.issue_id, x.depends_on_id, x.type, x.created_at, x.created_by,
      x.metadata, x.thread_id FROM ${among(layer.dependencies)}`,
  );
  const dependencies = group(rows, 'issue_id', decodeDependency);
  for (const list of dependencies.values()) list.sort(byTarget);
  return dependencies;
}

/** `down`: to what an issue depends on. `up`: to what depends on it. */
export type Direction = 'down' | 'up';

/** A dependency as it is seen from one of its ends. */
export interface Neighbour {
  readonly near: string;
  readonly far: string;
  readonly type: string;
}

/** The dependencies that lead from issues in one direction. */
export async function readNeighbours(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[],
  direction: Direction,
): Promise<Neighbour[]> {
  const [near, far] =
    direction === 'down' ? (['issue_id', 'depends_on_id'] as const) : (['depends_on_id', 'issue_id'] as const);
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT x.issue_id, x.depends_on_id, x.type FROM ${among(layer.dependencies, near)}`,
  );
  return rows.map((row) => ({ near: String(row[near]), far: String(row[far]), type: String(row['type']) }));
}

/** How many issues depend on each of these with `blocks`. */
export async function countDependents(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT x.depends_on_id AS id, COUNT(*) AS n FROM ${among(layer.dependencies, 'depends_on_id')}
      WHERE x.type = 'blocks' GROUP BY x.depends_on_id`,
  );
  return sums(rows);
}

/** How many issues depend on each one with `blocks`, for all that any does. */
export async function countAllDependents(db: Queryable, layers: readonly Layer[]): Promise<Map<string, number>> {
  const rows: Row[] = [];
  for (const { dependencies } of layers) {
    const counted = await run(
      db,
      sql`SELECT depends_on_id AS id, COUNT(*) AS n FROM ${raw(dependencies)} WHERE type = 'blocks' GROUP BY depends_on_id`,
    );
    for (const row of counted) rows.push(row);
  }
  return sums(rows);
}

/** How many comments each of these has. */
export async function countComments(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT x.issue_id AS id, COUNT(*) AS n FROM ${among(layer.comments)} GROUP BY x.issue_id`,
  );
  return sums(rows);
}

/** The comments of issues, oldest first. */
export async function readComments(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[] | IdRange,
): Promise<Map<string, Comment[]>> {
  const rows = await read(
    db,
    layers,
    ids,
    (layer, among) => sql`SELECT x.id, x.issue_id, x.author, x.text, x.created_at FROM ${among(layer.comments)}`,
  );
  const comments = group(rows, 'issue_id', decodeComment);
  for (const list of comments.values()) list.sort(byTimeAndId);
  return comments;
}

/** The rows `x` of a table that belong to the ids, as what follows FROM; for a range it ends in WHERE. */
type Among = (table: string, column?: 'issue_id' | 'depends_on_id') => Sql;

async function read(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[] | IdRange,
  statement: (layer: Layer, among: Among) => Sql,
): Promise<Row[]> {
  if ('after' in ids) return (await Promise.all(layers.map((layer) => run(db, statement(layer, between(ids)))))).flat();
  if (ids.length === 0) return [];
  if (ids.length <= LOOKED_UP) {
    const steps = layers.flatMap((layer) => lookUps(ids).map((among) => statement(layer, among)));
    return (await inOneTrip(db, (trip) => Promise.all(steps.map((step) => run(trip, step))))).flat();
  }
  const rows: Row[] = [];
  for (const layer of layers) {
    const whole = await isSmall(db, layer, ids.length);
    const steps = whole ? [wholeTable] : lookUps(ids);
    for (const among of steps) for (const row of await run(db, statement(layer, among))) rows.push(row);
  }
  return rows;
}

const wholeTable: Among = (table) => sql`${raw(table)} x`;

function between({ after, to }: IdRange): Among {
  return (table) => sql`${raw(table)} x WHERE x.issue_id > ${after} AND x.issue_id <= ${to}`;
}

/** What belongs to one id comes from one of them. */
function lookUps(ids: readonly string[]): Among[] {
  const steps: Among[] = [];
  // In the order of the table, so that Dolt finds the next one where the last one was.
  const unique = [...new Set(ids)].sort();
  for (let at = 0; at < unique.length; at += LOOKED_UP) {
    const some = idTable(unique.slice(at, at + LOOKED_UP));
    steps.push(
      (table, column = 'issue_id') => sql`${some} wanted JOIN ${raw(table)} x ON x.${raw(column)} = wanted.id`,
    );
  }
  return steps;
}

/** Whether reading a whole layer takes less than looking up so many ids. */
export async function isSmall(db: Queryable, layer: Layer, ids: number): Promise<boolean> {
  const [row] = await run(db, sql`SELECT COUNT(*) AS n FROM ${raw(layer.issues)}`);
  return Number(row?.['n'] ?? 0) < ids * LOOK_UP_COST;
}

function group<T>(rows: readonly Row[], key: string, decode: (row: Row) => T): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const id = String(row[key]);
    const members = groups.get(id);
    if (members) members.push(decode(row));
    else groups.set(id, [decode(row)]);
  }
  return groups;
}

function sums(rows: readonly Row[]): Map<string, number> {
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
