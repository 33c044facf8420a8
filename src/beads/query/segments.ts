import { sqlTime } from '../dates.ts';
import type { IssueFilter, SortKey } from './filter.ts';
import { HYBRID_HOURS } from './order.ts';
import { raw, type Sql, sql } from './sql.ts';

/** A part of an order that lies before the next part as a whole, with the order within it. */
export interface Segment {
  readonly where: Sql;
  readonly order: Sql;
  /** Hardly a database has such issues: whether there are any is asked first, which is cheaper. */
  readonly rare?: boolean;
}

/**
 * Cuts an order into segments that are read one after the other until the page is full, so that
 * most pages read one segment instead of all issues. Undefined where that does not pay.
 */
export function segmentsOf(sort: SortKey, filter: IssueFilter, now: Date): readonly Segment[] | undefined {
  if (sort === 'hybrid') return hybridSegments(now);
  if (sort !== 'priority' || !isBroad(filter)) return undefined;
  const order = raw('i.priority, i.created_at DESC, i.id');
  return priorities(filter).map((part) => ({ ...part, order }));
}

function hybridSegments(now: Date): Segment[] {
  const since = sqlTime(new Date(now.getTime() - HYBRID_HOURS * 3_600_000));
  return [
    { where: sql`i.created_at >= ${since}`, order: raw('i.priority, i.created_at, i.id') },
    { where: sql`i.created_at < ${since}`, order: raw('i.created_at, i.id') },
  ];
}

const BROAD: ReadonlySet<string> = new Set([
  'statuses',
  'excludeStatuses',
  'excludeTypes',
  'priorities',
  'priorityMin',
  'priorityMax',
  'pinned',
  'templates',
  'ephemeral',
  'awake',
] satisfies (keyof IssueFilter)[]);

/** Whether so many issues match that the first priorities fill the page. */
function isBroad(filter: IssueFilter): boolean {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return given.every(([key]) => BROAD.has(key)) && (filter.statuses?.includes('open') ?? true);
}

function priorities(filter: IssueFilter): Omit<Segment, 'order'>[] {
  const min = filter.priorityMin ?? Number.NEGATIVE_INFINITY;
  const max = filter.priorityMax ?? Number.POSITIVE_INFINITY;
  const known = (filter.priorities ?? [0, 1, 2, 3, 4]).filter((priority) => priority >= min && priority <= max);
  const each = [...new Set(known)]
    .sort((a, b) => a - b)
    .map((priority): Omit<Segment, 'order'> => ({ where: sql`i.priority = ${priority}` }));
  if (filter.priorities) return each;
  // Rows of other tools may hold any number.
  if (min < 0) each.unshift({ where: raw('i.priority < 0'), rare: true });
  if (max > 4) each.push({ where: raw('i.priority > 4'), rare: true });
  return each;
}
