import type { Queryable, Row } from '../../database/types.ts';
import { issueColumns } from '../issue-row.ts';
import { compileFilter } from './conditions.ts';
import type { IssueFilter, SortKey } from './filter.ts';
import type { Layer } from './layers.ts';
import { compareRows, orderBy, orderTerms } from './order.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { all, idTable, join, raw, run, type Sql, sql } from './sql.ts';

export interface PageRequest {
  readonly filter: IssueFilter;
  readonly sort: SortKey;
  readonly reverse?: boolean;
  /** How many issues at most; 0 means all. */
  readonly limit: number;
  readonly now: Date;
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

/** Reads the first issues of an order: one statement for each layer that holds anything, two with `skip`. */
export async function readPage(db: Queryable, layers: readonly Layer[], request: PageRequest): Promise<Page> {
  const rows: PagedRow[] = [];
  for (const layer of layers) {
    for (const row of await readLayer(db, layer, request)) rows.push({ row, layer });
  }
  if (layers.length > 1 || sortsHere(request)) {
    const compare = compareRows(orderTerms(request.sort, request.reverse ?? false, request.now));
    rows.sort((a, b) => compare(a.row, b.row));
  }
  const more = request.limit > 0 && rows.length > request.limit;
  return { rows: more ? rows.slice(0, request.limit) : rows, more };
}

/** One row more than the limit tells whether there are more. */
async function readLayer(db: Queryable, layer: Layer, request: PageRequest): Promise<Row[]> {
  const { limit, skip } = request;
  if (limit === 0) {
    const rows = await run(db, allRows(layer, request));
    return skip ? rows.filter((row) => !skip.has(String(row['id']))) : rows;
  }
  if (!skip || skip.size === 0) {
    return run(db, wholeRows(layer, request, sql`(${firstIds(layer, request, limit + 1)})`));
  }
  const ids = await idsBut(db, layer, request, skip);
  return ids.length === 0 ? [] : run(db, wholeRows(layer, request, idTable(ids)));
}

/**
 * The first ids that are not to be skipped: a few more are read than wanted, and if that was too
 * few, as many more as can be skipped. A NOT IN with 1,000 ids takes Dolt 25 ms to read alone.
 */
async function idsBut(db: Queryable, layer: Layer, request: PageRequest, skip: ReadonlySet<string>): Promise<string[]> {
  const wanted = request.limit + 1;
  for (const extra of [Math.min(skip.size, 2 * wanted), skip.size]) {
    const rows = await run(db, firstIds(layer, request, wanted + extra));
    const ids = rows.map((row) => String(row['id'])).filter((id) => !skip.has(id));
    if (ids.length >= wanted || rows.length < wanted + extra) return ids.slice(0, wanted);
  }
  return [];
}

function allRows(layer: Layer, request: PageRequest): Sql {
  const { from, where } = source(layer, request);
  const order = sortsHere(request) ? raw('') : sql`ORDER BY ${orderOf(request)}`;
  return sql`SELECT ${raw(issueColumns('i'))} ${from} WHERE ${all(where)} ${order}`;
}

/** The ids are found over narrow rows; whole rows, with their long texts, are read for the page only. */
function wholeRows(layer: Layer, request: PageRequest, ids: Sql): Sql {
  return sql`SELECT ${raw(issueColumns('i'))} FROM ${ids} page JOIN ${raw(layer.issues)} i ON i.id = page.id
    ORDER BY ${orderOf(request)}`;
}

/** Dolt reads a branch of UNION ALL only when the ones before it gave too few rows. */
function firstIds(layer: Layer, request: PageRequest, count: number): Sql {
  const { from, where } = source(layer, request);
  const limit = raw(`LIMIT ${count}`);
  const segments = request.reverse ? undefined : segmentsOf(request.sort, request.filter, request.now);
  const [first = { where: raw('TRUE'), order: orderOf(request) }, ...rest] = segments ?? [];
  const branch = (segment: Segment) =>
    sql`SELECT i.id ${from} WHERE ${all([segment.where, ...where])} ORDER BY ${segment.order} ${limit}`;
  if (rest.length === 0) return branch(first);
  const branches = [first, ...rest].map((segment) => sql`(${branch(segment)})`);
  return sql`${join(branches, ' UNION ALL ')} ${limit}`;
}

function source(layer: Layer, request: PageRequest): { from: Sql; where: readonly Sql[] } {
  const { first, joins, where } = compileFilter(request.filter, layer, request.now);
  return { from: sql`FROM ${first}${raw(layer.issues)} i ${join(joins, ' ')}`, where };
}

function orderOf(request: PageRequest): Sql {
  return orderBy(orderTerms(request.sort, request.reverse ?? false, request.now));
}

/** Dolt computes the CASE of `hybrid` at every comparison: thousands of rows are sorted here instead. */
function sortsHere(request: PageRequest): boolean {
  return request.limit === 0 && request.sort === 'hybrid';
}
