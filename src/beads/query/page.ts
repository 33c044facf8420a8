import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable, Row } from '../../database/types.ts';
import { issueColumns } from '../issue-row.ts';
import { compileFilter } from './conditions.ts';
import type { IssueFilter, SortKey } from './filter.ts';
import type { Layer } from './layers.ts';
import { compareRows, orderBy, orderTerms } from './order.ts';
import { isSmall, LOOKED_UP } from './related.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { all, idTable, join, raw, run, type Sql, sql } from './sql.ts';

export interface PageRequest {
  readonly filter: IssueFilter;
  readonly sort: SortKey;
  readonly reverse?: boolean;
  /** How many issues at most; 0 means all. */
  readonly limit: number;
  readonly now: Date;
  /** The columns to read; default the whole row. Those of the order must be among them where there are wisps. */
  readonly columns?: readonly string[];
  /** Ids to pass over, as many as there are: they are left out here, not in SQL. */
  readonly skip?: ReadonlySet<string>;
}

/** A row of `issues` or `wisps` and where it lies. */
export interface PagedRow {
  readonly row: Row;
  readonly layer: Layer;
}

export interface Page {
  readonly rows: readonly PagedRow[];
  /** Whether the limit hid some. */
  readonly more: boolean;
}

/** Reads the first issues of an order: two or three statements for each layer that holds anything. */
export async function readPage(db: Queryable, layers: readonly Layer[], request: PageRequest): Promise<Page> {
  if (request.limit > 0) return readFound(db, await findPage(db, layers, request), request);
  const rows: PagedRow[] = [];
  for (const layer of layers) {
    for (const row of await readAll(db, layer, request)) rows.push({ row, layer });
  }
  return inOrder(rows, layers, request);
}

/** The ids of a page's rows, and of one more that tells whether there are more, by the layer that holds them. */
export type FoundPage = ReadonlyMap<Layer, readonly string[]>;

/** The first step of reading a page with a limit. */
export async function findPage(db: Queryable, layers: readonly Layer[], request: PageRequest): Promise<FoundPage> {
  const found = new Map<Layer, string[]>();
  for (const layer of layers) found.set(layer, await firstIds(db, layer, request, request.skip ?? NONE));
  return found;
}

/** The second step: the rows, in one round trip. */
export async function readFound(db: Queryable, found: FoundPage, request: PageRequest): Promise<Page> {
  const filled = [...found].filter(([, ids]) => ids.length > 0);
  const answers = await inOneTrip(db, (trip) =>
    Promise.all(filled.map(([layer, ids]) => run(trip, wholeRows(layer, request, ids)))),
  );
  const rows = answers.flatMap((answer, index) => {
    const layer = filled[index]?.[0];
    return layer ? answer.map((row) => ({ row, layer })) : [];
  });
  return inOrder(rows, [...found.keys()], request);
}

function inOrder(rows: PagedRow[], layers: readonly Layer[], request: PageRequest): Page {
  if (layers.length > 1 || sortsHere(request)) {
    const compare = compareRows(orderTerms(request.sort, request.reverse ?? false, request.now));
    rows.sort((a, b) => compare(a.row, b.row));
  }
  const more = request.limit > 0 && rows.length > request.limit;
  return { rows: more ? rows.slice(0, request.limit) : rows, more };
}

async function readAll(db: Queryable, layer: Layer, request: PageRequest): Promise<Row[]> {
  const { skip = NONE } = request;
  const rows = hasManyIds(request) ? await rowsOfMany(db, layer, request) : await run(db, allRows(layer, request));
  return rows.filter((row) => !skip.has(String(row['id'])));
}

const NONE: ReadonlySet<string> = new Set();

function hasManyIds({ limit, filter }: PageRequest): boolean {
  return limit === 0 && (filter.ids?.length ?? 0) > LOOKED_UP;
}

/**
 * Issues of more ids than one statement should be given: Dolt reads a JSON_TABLE of 17,000 for
 * minutes. A table that is not much larger is read as a whole; the order is made here.
 */
async function rowsOfMany(db: Queryable, layer: Layer, request: PageRequest): Promise<Row[]> {
  const { ids = [], ...filter } = request.filter;
  if (await isSmall(db, layer, ids.length)) {
    const wanted = new Set(ids);
    const rows = await run(db, allRows(layer, { ...request, filter }, { ordered: false }));
    return rows.filter((row) => wanted.has(String(row['id'])));
  }
  const statements: Sql[] = [];
  // In the order of the table, so that Dolt finds the next one where the last one was.
  const sorted = ids.toSorted();
  for (let at = 0; at < sorted.length; at += LOOKED_UP) {
    const some = { ...request, filter: { ...filter, ids: sorted.slice(at, at + LOOKED_UP) } };
    statements.push(allRows(layer, some, { ordered: false }));
  }
  const rows = await inOneTrip(db, (trip) => Promise.all(statements.map((statement) => run(trip, statement))));
  return rows.flat();
}

/**
 * The first ids of the order but for those to skip. It is cut into segments, which are read one by
 * one until there are enough; one statement with a UNION of them takes Dolt three times as long.
 */
async function firstIds(
  db: Queryable,
  layer: Layer,
  request: PageRequest,
  skip: ReadonlySet<string>,
): Promise<string[]> {
  const whole: Segment = { where: raw('TRUE'), order: orderOf(request) };
  const segments = request.reverse ? undefined : segmentsOf(request.sort, request.filter, request.now);
  const wanted = request.limit + 1;
  const ids: string[] = [];
  const idsOf = (trip: Queryable, segment: Segment) =>
    idsOfSegment(trip, layer, request, segment, { wanted: wanted - ids.length, skip });
  const left = [...(segments ?? [whole])];
  for (let segment = left.shift(); segment && ids.length < wanted; segment = left.shift()) {
    const rare = segment.rare ? segment : undefined;
    // What lies behind a rare segment is asked along with it, and mostly is the answer.
    const [there, behind] = rare
      ? await inOneTrip(db, (trip) => Promise.all([isThere(trip, layer, rare), left[0] && idsOf(trip, left[0])]))
      : [true];
    if (there) ids.push(...(await idsOf(db, segment)));
    else if (behind) {
      ids.push(...behind);
      left.shift();
    }
  }
  return ids;
}

/** Without the filter's conditions, one of whose indexes Dolt might take instead. */
async function isThere(db: Queryable, layer: Layer, segment: Segment): Promise<boolean> {
  const rows = await run(db, sql`SELECT 1 AS one FROM ${raw(layer.issues)} i WHERE ${segment.where} LIMIT 1`);
  return rows.length > 0;
}

/**
 * A few more are read than wanted, and if that was too few, as many more as can be skipped. A NOT IN
 * with 1,000 ids takes Dolt 25 ms to read alone.
 */
async function idsOfSegment(
  db: Queryable,
  layer: Layer,
  request: PageRequest,
  segment: Segment,
  { wanted, skip }: { wanted: number; skip: ReadonlySet<string> },
): Promise<string[]> {
  const { from, where } = source(layer, request);
  for (const extra of new Set([Math.min(skip.size, 2 * wanted), skip.size])) {
    const limit = wanted + extra;
    const rows = await run(
      db,
      sql`SELECT i.id ${from} WHERE ${all([segment.where, ...where])} ORDER BY ${segment.order} ${raw(`LIMIT ${limit}`)}`,
    );
    const ids = rows.map((row) => String(row['id'])).filter((id) => !skip.has(id));
    if (ids.length >= wanted || rows.length < limit) return ids.slice(0, wanted);
  }
  return [];
}

function allRows(layer: Layer, request: PageRequest, { ordered = !sortsHere(request) } = {}): Sql {
  const { from, where } = source(layer, request);
  const order = ordered ? sql`ORDER BY ${orderOf(request)}` : raw('');
  return sql`SELECT ${columnsOf(request)} ${from} WHERE ${all(where)} ${order}`;
}

/** The ids are found over narrow rows; whole rows, with their long texts, are read for the page only. */
function wholeRows(layer: Layer, request: PageRequest, ids: readonly string[]): Sql {
  return sql`SELECT ${columnsOf(request)} FROM ${idTable(ids)} page JOIN ${raw(layer.issues)} i ON i.id = page.id
    ORDER BY ${orderOf(request)}`;
}

function source(layer: Layer, request: PageRequest): { from: Sql; where: readonly Sql[] } {
  const { first, joins, where } = compileFilter(request.filter, layer, request.now);
  return { from: sql`FROM ${first}${raw(layer.issues)} i ${join(joins, ' ')}`, where };
}

function columnsOf(request: PageRequest): Sql {
  return raw(issueColumns('i', request.columns));
}

function orderOf(request: PageRequest): Sql {
  return orderBy(orderTerms(request.sort, request.reverse ?? false, request.now));
}

/** Dolt computes the CASE of `hybrid` at every comparison: thousands of rows are sorted here instead. */
function sortsHere(request: PageRequest): boolean {
  return request.limit === 0 && (request.sort === 'hybrid' || hasManyIds(request));
}
