import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { loadIssues } from '../lookup.ts';
import { BLOCKING_TYPES } from '../vocabulary.ts';
import { blockedIssues } from './blocked.ts';
import { isActive } from './blocking.ts';
import { dependencyCycles } from './cycles.ts';
import { readLayers } from './layers.ts';
import { readLinks } from './links.ts';
import { type ReadyOptions, readyWork } from './ready.ts';

export interface ReadyReason extends Issue {
  reason: string;
  /** Ids of what blocked it once; null when nothing did. */
  resolved_blockers: string[] | null;
  dependency_count: number;
  dependent_count: number;
  parent?: string;
}

export interface BlockedReason extends Issue {
  blocked_by: { id: string; title: string; priority: number; status: string }[];
  blocked_by_count: number;
}

/** Why work is ready, and why it is not. */
export interface ReadyExplanation {
  ready: ReadyReason[];
  blocked: BlockedReason[];
  /** Circles of issues that block each other: ids. */
  cycles?: string[][];
  summary: { total_ready: number; total_blocked: number; cycle_count: number };
}

/** Explains what `readyWork` finds and what it leaves out as blocked. */
export async function explainReady(ctx: BeadsContext, options: ReadyOptions = {}): Promise<ReadyExplanation> {
  const ready = await reasons(ctx, options);
  const blocked = await blockedReasons(ctx, options.under);
  const cycles = (await dependencyCycles(ctx)).map((circle) => circle.map(({ id }) => id));
  return {
    ready,
    blocked,
    ...(cycles.length > 0 ? { cycles } : {}),
    summary: { total_ready: ready.length, total_blocked: blocked.length, cycle_count: cycles.length },
  };
}

async function reasons(ctx: BeadsContext, options: ReadyOptions): Promise<ReadyReason[]> {
  const { issues } = await readyWork(ctx, options);
  const ids = issues.map(({ id }) => id);
  const links = await readLinks(ctx.db, await readLayers(ctx.db), ids, 'down');
  return issues.map(({ comment_count: _comments, dependencies: _dependencies, ...issue }) => {
    const resolved = (links.get(issue.id) ?? [])
      .filter((link) => (BLOCKING_TYPES as readonly string[]).includes(link.dependency_type) && !isActive(link.status))
      .map(({ id }) => id);
    const reason = resolved.length > 0 ? `${resolved.length} blocker(s) resolved` : 'no blocking dependencies';
    return { ...issue, reason, resolved_blockers: resolved.length > 0 ? resolved : null };
  });
}

async function blockedReasons(ctx: BeadsContext, under: string | undefined): Promise<BlockedReason[]> {
  const blocked = await blockedIssues(ctx, under === undefined ? {} : { under });
  const blockers = await loadIssues(ctx.db, [...new Set(blocked.flatMap((issue) => issue.blocked_by))]);
  return blocked.map((issue) => ({
    ...issue,
    blocked_by: issue.blocked_by.flatMap((id) => {
      const blocker = blockers.get(id)?.issue;
      if (!blocker) return [];
      return [{ id, title: blocker.title, priority: blocker.priority, status: blocker.status }];
    }),
  }));
}
