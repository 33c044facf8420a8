import type { BeadsContext } from '../context.ts';
import { sqlTime } from '../dates.ts';
import { tablesOf } from '../tables.ts';
import { readBlocking } from './blocking.ts';
import { compileFilter } from './conditions.ts';
import { readLayers } from './layers.ts';
import { heldBack, readyFilter } from './ready.ts';
import { all, idTable, join, raw, run, type Sql, sql } from './sql.ts';

/** Figures about the issues in Dolt's history; wisps are not counted. */
export interface Statistics {
  total_issues: number;
  open_issues: number;
  in_progress_issues: number;
  closed_issues: number;
  /** Active issues that others block. */
  blocked_issues: number;
  deferred_issues: number;
  pinned_issues: number;
  /** What `bd ready` would show. */
  ready_issues: number;
  /** Open epics all of whose children are closed. */
  epics_eligible_for_closure: number;
  /** From creation to closing, of closed issues. */
  average_lead_time_hours: number;
}

/** What happened in the last hours, by the events that were recorded. */
export interface RecentActivity {
  hours_tracked: number;
  issues_created: number;
  issues_closed: number;
  issues_updated: number;
  issues_reopened: number;
  total_changes: number;
}

const ACTIVITY_HOURS = 24;

/**
 * Counts issues by state. Five statements, none of which reads an issue's text.
 *
 * @param options `assignee` counts the issues of one person only
 */
export async function statistics(ctx: BeadsContext, options: { assignee?: string } = {}): Promise<Statistics> {
  const layers = await readLayers(ctx.db);
  const blocking = await readBlocking(ctx.db, layers, ctx.now());
  const mine = options.assignee === undefined ? raw('TRUE') : sql`i.assignee = ${options.assignee}`;
  const filter = await readyFilter(ctx, {});
  const ready = all(compileFilter(filter, tablesOf(false), ctx.now()).where);
  const [row] = await run(
    ctx.db,
    sql`SELECT COUNT(*) AS total, ${sums(STATUS_SUMS)}, SUM(i.status = 'pinned' OR i.pinned = 1) AS pinned,
      SUM(${ready}) AS workable,
      AVG(CASE WHEN i.status = 'closed' THEN TIMESTAMPDIFF(SECOND, i.created_at, i.closed_at) END) / 3600 AS lead_hours
      FROM issues i WHERE ${mine}`,
  );
  const figure = (name: string) => Number(row?.[name] ?? 0);
  return {
    total_issues: figure('total'),
    open_issues: figure('open'),
    in_progress_issues: figure('in_progress'),
    closed_issues: figure('closed'),
    blocked_issues: await countAmong(ctx, blocking.blockers.keys(), sql`${mine} AND ${ACTIVE}`),
    deferred_issues: figure('deferred'),
    pinned_issues: figure('pinned'),
    ready_issues: figure('workable') - (await countAmong(ctx, heldBack(blocking, {}), sql`${mine} AND ${ready}`)),
    epics_eligible_for_closure: await countEligibleEpics(ctx, mine),
    average_lead_time_hours: figure('lead_hours'),
  };
}

/** Created, closed, updated and reopened issues of the last 24 hours. */
export async function recentActivity(ctx: BeadsContext): Promise<RecentActivity> {
  const since = sqlTime(new Date(ctx.now().getTime() - ACTIVITY_HOURS * 3_600_000));
  const rows = await run(
    ctx.db,
    sql`SELECT event_type, COUNT(*) AS n FROM events WHERE created_at > ${since} GROUP BY event_type`,
  );
  const counts = new Map(rows.map((row) => [String(row['event_type']), Number(row['n'])]));
  const count = (...types: readonly string[]) => types.reduce((sum, type) => sum + (counts.get(type) ?? 0), 0);
  const activity = {
    issues_created: count('created'),
    issues_closed: count('closed'),
    issues_updated: count('updated', 'status_changed', 'claimed', 'label_added', 'label_removed'),
    issues_reopened: count('reopened'),
  };
  const total = Object.values(activity).reduce((sum, each) => sum + each, 0);
  return { hours_tracked: ACTIVITY_HOURS, ...activity, total_changes: total };
}

const STATUS_SUMS = ['open', 'in_progress', 'closed', 'deferred'];
const ACTIVE = raw("i.status NOT IN ('closed', 'pinned')");

function sums(statuses: readonly string[]): Sql {
  return join(
    statuses.map((status) => sql`SUM(i.status = ${status}) AS ${raw(`\`${status}\``)}`),
    ', ',
  );
}

async function countAmong(ctx: BeadsContext, ids: Iterable<string>, condition: Sql): Promise<number> {
  const [row] = await run(
    ctx.db,
    sql`SELECT COUNT(*) AS n FROM ${idTable(ids)} wanted JOIN issues i ON i.id = wanted.id WHERE ${condition}`,
  );
  return Number(row?.['n'] ?? 0);
}

async function countEligibleEpics(ctx: BeadsContext, mine: Sql): Promise<number> {
  const [row] = await run(
    ctx.db,
    sql`SELECT COUNT(*) AS n FROM (
      SELECT i.id, SUM(k.status <> 'closed') AS unfinished FROM issues i
      JOIN dependencies c ON c.depends_on_id = i.id AND c.type = 'parent-child'
      JOIN issues k ON k.id = c.issue_id
      WHERE i.issue_type = 'epic' AND i.status <> 'closed' AND ${mine}
      GROUP BY i.id
    ) epics WHERE unfinished = 0`,
  );
  return Number(row?.['n'] ?? 0);
}
