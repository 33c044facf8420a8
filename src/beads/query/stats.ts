import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable, Row } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { sqlTime } from '../dates.ts';
import { NOT_WORK_TYPES } from '../vocabulary.ts';
import { blockingOf, type Edge, idList, isActive } from './blocking.ts';
import { type Layer, readLayers } from './layers.ts';
import { heldBack } from './ready.ts';
import { raw, run, sql } from './sql.ts';

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
 * Counts issues by state, in one pass over the issues and one over the dependencies, neither of
 * which reads a text. The sums are made here: Dolt counts groups ten times as fast as it adds up
 * conditions, and joins the two tables more slowly than it lists the ids of both.
 *
 * @param options `assignee` counts the issues of one person only
 */
export async function statistics(ctx: BeadsContext, options: { assignee?: string } = {}): Promise<Statistics> {
  const layers = await readLayers(ctx.db);
  const [states, edgeLists] = await inOneTrip(ctx.db, (db) =>
    Promise.all([
      Promise.all(layers.map((layer) => readStates({ ...ctx, db }, layer, options.assignee))),
      Promise.all(layers.map((layer) => readEdgeLists(db, layer))),
    ]),
  );
  const edges = edgesBetween(edgeLists.flat(), states);
  const blocking = await blockingOf(ctx.db, layers, edges);
  const issues = states[0] ?? new Map<string, State>();
  const mine = [...new Set(issues.values())].filter(({ isMine }) => isMine);
  const mineAmong = (ids: Iterable<string>) =>
    [...ids].flatMap((id) => issues.get(id) ?? []).filter(({ isMine }) => isMine);
  const inStatus = (status: string) => count(mine.filter((state) => state.status === status));
  const held = mineAmong(heldBack(blocking, {}));
  return {
    total_issues: count(mine),
    open_issues: inStatus('open'),
    in_progress_issues: inStatus('in_progress'),
    closed_issues: inStatus('closed'),
    blocked_issues: mineAmong(blocking.blockers.keys()).filter(({ status }) => isActive(status)).length,
    deferred_issues: inStatus('deferred'),
    pinned_issues: count(mine.filter((state) => state.pinned || state.status === 'pinned')),
    ready_issues: count(mine.filter(isWork)) - held.filter(isWork).length,
    epics_eligible_for_closure: countEligibleEpics(edges, issues),
    average_lead_time_hours: leadTimeHours(mine),
  };
}

/** Both, asked together. @param options `activity: false` leaves the last hours out */
export function status(
  ctx: BeadsContext,
  options: { assignee?: string; activity: boolean },
): Promise<{ summary: Statistics; recent_activity?: RecentActivity }> {
  return inOneTrip(ctx.db, async (db) => {
    const [summary, activity] = await Promise.all([
      statistics({ ...ctx, db }, options),
      options.activity ? recentActivity({ ...ctx, db }) : undefined,
    ]);
    return { summary, ...(activity ? { recent_activity: activity } : {}) };
  });
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

/** The state that some issues are in: all that `ready` asks for. */
interface State {
  readonly status: string;
  readonly type: string;
  readonly pinned: boolean;
  readonly ephemeral: boolean;
  /** Put off to a later time. */
  readonly deferred: boolean;
  /** Of the person whose issues are counted. */
  readonly isMine: boolean;
  /** How many issues are in this state. */
  readonly count: number;
  /** How many of them have a time of closing. */
  readonly ended: number;
  /** From creation to closing, of all of these. */
  readonly leadSeconds: number;
}

/** The state of each issue by its id; issues in the same state share it. */
async function readStates(
  ctx: BeadsContext,
  layer: Layer,
  assignee: string | undefined,
): Promise<ReadonlyMap<string, State>> {
  const mine = assignee === undefined ? raw('TRUE') : sql`COALESCE(i.assignee, '') = ${assignee}`;
  const rows = await run(
    ctx.db,
    sql`SELECT i.status, i.issue_type, i.pinned, i.ephemeral, i.defer_until, ${mine} AS mine,
      COUNT(*) AS n, COUNT(i.closed_at) AS ended,
      SUM(TIMESTAMPDIFF(SECOND, i.created_at, i.closed_at)) AS seconds, JSON_ARRAYAGG(i.id) AS ids
      FROM ${raw(layer.issues)} i GROUP BY 1, 2, 3, 4, 5, 6`,
  );
  const states = new Map<string, State>();
  for (const row of rows) {
    const state = decodeState(row, sqlTime(ctx.now()));
    for (const id of idList(row['ids'])) states.set(id, state);
  }
  return states;
}

/** @param now as SQL writes it, which sorts like the time itself */
function decodeState(row: Row, now: string): State {
  return {
    status: String(row['status']),
    type: String(row['issue_type']),
    pinned: Number(row['pinned'] ?? 0) === 1,
    ephemeral: Number(row['ephemeral'] ?? 0) === 1,
    deferred: String(row['defer_until'] ?? '') > now,
    isMine: Number(row['mine']) === 1,
    count: Number(row['n']),
    ended: Number(row['ended']),
    leadSeconds: Number(row['seconds'] ?? 0),
  };
}

/** The ids at both ends of all dependencies, one row for each type. */
function readEdgeLists(db: Queryable, layer: Layer): Promise<Row[]> {
  return run(
    db,
    sql`SELECT d.type, JSON_ARRAYAGG(d.issue_id) AS from_ids, JSON_ARRAYAGG(d.depends_on_id) AS to_ids
      FROM ${raw(layer.dependencies)} d GROUP BY d.type`,
  );
}

/** The dependencies on issues whose state is known. */
function edgesBetween(rows: readonly Row[], states: readonly ReadonlyMap<string, State>[]): Edge[] {
  const edges: Edge[] = [];
  for (const row of rows) {
    const from = idList(row['from_ids']);
    idList(row['to_ids']).forEach((to, index) => {
      for (const target of states) {
        const state = target.get(to);
        if (!state) continue;
        const { status: toStatus, deferred: toDeferred } = state;
        edges.push({ from: from[index] ?? '', to, type: String(row['type']), toStatus, toDeferred });
      }
    });
  }
  return edges;
}

function count(states: readonly State[]): number {
  return states.reduce((total, state) => total + state.count, 0);
}

/** What `readyWork` looks for, but for what is held back. */
function isWork(state: State): boolean {
  const isOpen = state.status === 'open' && !state.pinned && !state.ephemeral && !state.deferred;
  return isOpen && !(NOT_WORK_TYPES as readonly string[]).includes(state.type);
}

/** Open epics with children, all of them closed. */
function countEligibleEpics(edges: readonly Edge[], issues: ReadonlyMap<string, State>): number {
  const finished = new Map<string, boolean>();
  for (const edge of edges) {
    if (edge.type !== 'parent-child') continue;
    const parent = issues.get(edge.to);
    const child = issues.get(edge.from);
    if (!parent?.isMine || parent.type !== 'epic' || parent.status === 'closed' || !child) continue;
    finished.set(edge.to, (finished.get(edge.to) ?? true) && child.status === 'closed');
  }
  return [...finished.values()].filter(Boolean).length;
}

function leadTimeHours(states: readonly State[]): number {
  const closed = states.filter(({ status }) => status === 'closed');
  const ended = closed.reduce((total, state) => total + state.ended, 0);
  const seconds = closed.reduce((total, state) => total + state.leadSeconds, 0);
  return ended === 0 ? 0 : seconds / ended / 3600;
}
