import type { Queryable, Row } from '../../database/types.ts';
import { issueColumns } from '../issue-row.ts';
import type { IssueTables } from '../tables.ts';
import { compileFilter } from './conditions.ts';
import type { IssueFilter, SortKey } from './filter.ts';
import { compareRows, type OrderTerm, orderBy, orderTerms } from './order.ts';
import { segmentsOf } from './segments.ts';
import { all, join, raw, run, type Sql, sql } from './sql.ts';

export interface PageRequest {
  readonly filter: IssueFilter;
  readonly sort: SortKey;
  readonly reverse?: boolean;
  /** How many issues at most; 0 means all. */
  readonly limit: number;
  readonly now: Date;
}

/** A row of `issues` or `wisps` and where it lies. */
export interface PagedRow {
  readonly row: Row;
  readonly layer: IssueTables;
}

export interface Page {
  readonly rows: readonly PagedRow[];
  /** Whether the limit hid some. */
  readonly more: boolean;
}

/** Reads the first issues of an order: one statement for each layer that holds anything. */
export async function readPage(db: Queryable, layers: readonly IssueTables[], request: PageRequest): Promise<Page> {
  const terms = orderTerms(request.sort, request.reverse ?? false, request.now);
  const rows: PagedRow[] = [];
  for (const layer of layers) {
    const found = await run(db, pageStatement(layer, request, terms));
    for (const row of found) rows.push({ row, layer });
  }
  if (layers.length > 1 || (request.limit === 0 && request.sort === 'hybrid')) {
    const compare = compareRows(terms);
    rows.sort((a, b) => compare(a.row, b.row));
  }
  const more = request.limit > 0 && rows.length > request.limit;
  return { rows: more ? rows.slice(0, request.limit) : rows, more };
}

/** The statement for one layer. It asks for one row more than the limit, which tells of the rest. */
export function pageStatement(layer: IssueTables, request: PageRequest, terms: readonly OrderTerm[]): Sql {
  const { joins, where } = compileFilter(request.filter, layer, request.now);
  const from = sql`FROM ${raw(layer.issues)} i ${join(joins, ' ')}`;
  const order = orderBy(terms);
  const columns = raw(issueColumns('i'));
  if (request.limit === 0) return sql`SELECT ${columns} ${from} WHERE ${all(where)} ${sortedLater(request, order)}`;
  const limit = raw(String(request.limit + 1));
  const segments = (request.reverse ? undefined : segmentsOf(request.sort, request.filter, request.now)) ?? [
    { where: raw('TRUE'), order },
  ];
  // The ids first, over narrow rows; whole rows, with their long texts, for those of the page only.
  // Dolt reads a branch of UNION ALL only when the ones before it gave too few rows.
  const branches = segments.map(
    (segment) =>
      sql`(SELECT i.id ${from} WHERE ${all([segment.where, ...where])} ORDER BY ${segment.order} LIMIT ${limit})`,
  );
  const ids = sql`${join(branches, ' UNION ALL ')} LIMIT ${limit}`;
  return sql`SELECT ${columns} FROM (${ids}) page JOIN ${raw(layer.issues)} i ON i.id = page.id ORDER BY ${order}`;
}

/** Dolt computes the CASE of `hybrid` at every comparison: thousands of rows are sorted here instead. */
function sortedLater(request: PageRequest, order: Sql): Sql {
  return request.sort === 'hybrid' ? raw('') : sql`ORDER BY ${order}`;
}
