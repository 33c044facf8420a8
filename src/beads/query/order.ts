import type { Row } from '../../database/types.ts';
import { compareAsBytes } from '../../util/compare-as-bytes.ts';
import { sqlTime } from '../dates.ts';
import type { SortKey } from './filter.ts';
import { join, raw, type Sql, sql } from './sql.ts';

/** One term of an order: in SQL over the alias `i`, and over a row that was read. */
export interface OrderTerm {
  readonly sql: Sql;
  readonly value: (row: Row) => unknown;
  readonly descending: boolean;
}

/** What `hybrid` counts as recent. */
export const HYBRID_HOURS = 48;

/**
 * The terms of an order, each ending in the id, so that no two issues tie.
 *
 * @example sql`ORDER BY ${orderBy(orderTerms('priority', false, now))}`
 */
export function orderTerms(sort: SortKey, reverse: boolean, now: Date): readonly OrderTerm[] {
  const terms = [...leading(sort, now), ...(sort === 'id' ? [] : [column('id')])];
  return reverse ? terms.map((term) => ({ ...term, descending: !term.descending })) : terms;
}

/** The SQL after ORDER BY. */
export function orderBy(terms: readonly OrderTerm[]): Sql {
  return join(
    terms.map((term) => (term.descending ? sql`${term.sql} DESC` : term.sql)),
    ', ',
  );
}

/** Compares two rows as ORDER BY does: NULL first, text by code points. */
export function compareRows(terms: readonly OrderTerm[]): (a: Row, b: Row) => number {
  return (a, b) => {
    for (const term of terms) {
      const order = compareValues(term.value(a), term.value(b));
      if (order !== 0) return term.descending ? -order : order;
    }
    return 0;
  };
}

function leading(sort: SortKey, now: Date): OrderTerm[] {
  switch (sort) {
    case 'priority':
      return [column('priority'), column('created_at', true)];
    case 'created':
      return [column('created_at', true)];
    case 'updated':
      return [column('updated_at', true)];
    case 'closed':
      return [column('closed_at', true)];
    case 'type':
      return [column('issue_type')];
    case 'status':
    case 'title':
    case 'assignee':
    case 'id':
      return [column(sort)];
    case 'oldest':
      return [column('created_at')];
    case 'hybrid':
      return hybrid(now);
  }
}

function hybrid(now: Date): OrderTerm[] {
  const since = sqlTime(new Date(now.getTime() - HYBRID_HOURS * 3_600_000));
  const isRecent = (row: Row) => String(row['created_at']) >= since;
  return [
    {
      sql: sql`CASE WHEN i.created_at >= ${since} THEN i.priority ELSE 100 END`,
      value: (row) => (isRecent(row) ? Number(row['priority']) : 100),
      descending: false,
    },
    column('created_at'),
  ];
}

function column(name: string, descending = false): OrderTerm {
  return { sql: raw(`i.${name}`), value: (row) => row[name], descending };
}

function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : -1;
  if (b === undefined || b === null) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareAsBytes(String(a), String(b));
}
