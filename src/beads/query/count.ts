import type { BeadsContext } from '../context.ts';
import { compileFilter } from './conditions.ts';
import type { IssueFilter } from './filter.ts';
import { readKnownWords } from './known-words.ts';
import { type Layer, readLayers } from './layers.ts';
import { resolvedFilter } from './list.ts';
import { all, join, raw, run, type Sql, sql } from './sql.ts';

export const COUNT_GROUPS = ['status', 'type', 'priority', 'assignee', 'label'] as const;
export type CountGroup = (typeof COUNT_GROUPS)[number];

export interface GroupCount {
  /** The status, type, `P1`, assignee or label; `(unassigned)` and `(no labels)` for none. */
  group: string;
  count: number;
}

/**
 * Counts issues, closed ones too.
 *
 * @throws AppError VALIDATION for a status or type that this database does not know
 * @example await countIssues(ctx, { statuses: ['open'] })
 */
export async function countIssues(ctx: BeadsContext, filter: IssueFilter = {}): Promise<number> {
  const rows = await counted(ctx, filter, (layer, from) => sql`SELECT COUNT(*) AS n, '' AS g ${from(layer)}`);
  return [...rows.values()].reduce((sum, count) => sum + count, 0);
}

/**
 * Counts issues in groups, sorted by name. By label, an issue with two labels counts twice.
 *
 * @example await countByGroup(ctx, 'status') // [{ group: 'closed', count: 1 }, { group: 'open', count: 4 }]
 */
export async function countByGroup(ctx: BeadsContext, by: CountGroup, filter: IssueFilter = {}): Promise<GroupCount[]> {
  const group = GROUPS[by];
  const counts = await counted(ctx, filter, (layer, from) => {
    const labels = by === 'label' ? sql`LEFT JOIN ${raw(layer.labels)} l ON l.issue_id = i.id` : raw('');
    return sql`SELECT ${group.column} AS g, COUNT(*) AS n ${from(layer, labels)} GROUP BY ${group.column}`;
  });
  const named = new Map<string, number>();
  for (const [value, count] of counts) {
    const name = group.name(value);
    named.set(name, (named.get(name) ?? 0) + count);
  }
  return [...named].map(([name, count]) => ({ group: name, count })).sort((a, b) => (a.group < b.group ? -1 : 1));
}

const GROUPS: Readonly<Record<CountGroup, { column: Sql; name: (value: string) => string }>> = {
  status: { column: raw('i.status'), name: (value) => value },
  type: { column: raw('i.issue_type'), name: (value) => value },
  priority: { column: raw('i.priority'), name: (value) => `P${value}` },
  assignee: { column: raw('i.assignee'), name: (value) => value || '(unassigned)' },
  label: { column: raw('l.label'), name: (value) => value || '(no labels)' },
};

type From = (layer: Layer, joined?: Sql) => Sql;

async function counted(
  ctx: BeadsContext,
  filter: IssueFilter,
  statement: (layer: Layer, from: From) => Sql,
): Promise<Map<string, number>> {
  const named = filter.statuses ?? filter.types ?? filter.excludeTypes ?? filter.parent;
  const checked = named ? await resolvedFilter(ctx, filter, await readKnownWords(ctx.db, ctx)) : filter;
  const from: From = (layer, joined = raw('')) => {
    const { first, joins, where } = compileFilter(checked, layer, ctx.now());
    return sql`FROM ${first}${raw(layer.issues)} i ${join(joins, ' ')} ${joined} WHERE ${all(where)}`;
  };
  const counts = new Map<string, number>();
  for (const layer of await readLayers(ctx.db)) {
    for (const row of await run(ctx.db, statement(layer, from))) {
      const value = String(row['g'] ?? '');
      counts.set(value, (counts.get(value) ?? 0) + Number(row['n']));
    }
  }
  return counts;
}
