import type { Queryable } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue, decodeLine } from '../issue-row.ts';
import { SETTLED_STATUSES } from '../vocabulary.ts';
import { readBlocking } from './blocking.ts';
import { descendantIds } from './descendants.ts';
import { HISTORY_ONLY, readLayers } from './layers.ts';
import { readPage } from './page.ts';
import { readLabels } from './related.ts';

export interface BlockedIssue extends Issue {
  blocked_by_count: number;
  /** Ids of what blocks it, sorted. */
  blocked_by: string[];
}

export interface BlockedOptions {
  /** Only what lies under this issue, at any depth: a whole id. */
  under?: string;
  /** Of each issue only id, title and priority, which is all that its line shows. */
  lines?: boolean;
}

// And what they are sorted by.
const SHOWN = ['id', 'title', 'priority', 'created_at'];

/**
 * The issues that wait for others, by priority, and what they wait for.
 *
 * @example const blocked = await blockedIssues(ctx);
 */
export async function blockedIssues(ctx: BeadsContext, options: BlockedOptions = {}): Promise<BlockedIssue[]> {
  const layers = await readLayers(ctx.db);
  const now = ctx.now();
  const { blockers } = await readBlocking(ctx.db, layers, now, { all: options.under === undefined });
  const under = options.under === undefined ? undefined : new Set(await descendantIds(ctx.db, layers, options.under));
  const ids = [...blockers.keys()].filter((id) => under?.has(id) ?? true);
  if (ids.length === 0) return [];
  const { rows } = await readPage(ctx.db, layers, {
    filter: { ids, excludeStatuses: SETTLED_STATUSES },
    sort: 'priority',
    limit: 0,
    now,
    ...(options.lines ? { columns: SHOWN } : {}),
  });
  const labels = options.lines ? new Map<string, string[]>() : await readLabels(ctx.db, layers, ids);
  return rows.map(({ row }) => {
    const id = String(row['id']);
    const blockedBy = [...(blockers.get(id) ?? [])].sort();
    return {
      ...(options.lines ? decodeLine : decodeIssue)(row, { labels: labels.get(id) ?? [] }),
      blocked_by_count: blockedBy.length,
      blocked_by: blockedBy,
    };
  });
}

/** What `blockedIssues` asks first, if there are no wisps: for who opens the database to show them. */
export function asksForBlocked(db: Queryable): unknown {
  return Promise.all([readLayers(db), readBlocking(db, HISTORY_ONLY, new Date(), { all: true })]);
}
