import { inOneTrip } from '../../database/round-trip.ts';
import { ERRNO, sqlErrno } from '../../database/sql-error.ts';
import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { resolveRevision } from '../history/revision.ts';
import type { Comment, Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { type Found, findIssues } from '../lookup.ts';
import { HISTORY_ONLY, type Layer, layersAsOf, readLayers } from './layers.ts';
import { type LinkedIssue, linksOf, readFar } from './links.ts';
import { readPage } from './page.ts';
import { readComments, readLabels, readNeighbours } from './related.ts';

/** An issue with all that hangs on it, as the JSON of `bd show`. */
export interface ShownIssue extends Omit<Issue, 'labels' | 'dependencies' | 'comments'> {
  labels?: string[];
  /** What it depends on. */
  dependencies?: LinkedIssue[];
  /** What depends on it. */
  dependents?: LinkedIssue[];
  comments?: Comment[];
  parent?: string;
  /** Only of epics. */
  epic_total_children?: number;
  epic_closed_children?: number;
  epic_closeable?: boolean;
}

export interface ShowResult {
  readonly issues: readonly ShownIssue[];
  /** What was asked for and not found. */
  readonly failures: readonly { readonly input: string; readonly error: AppError }[];
}

/**
 * Shows issues with labels, comments and the issues that they are linked with.
 *
 * @param inputs ids, whole or in part
 * @param options `asOf`: a revision (commit, branch, tag, `HEAD~2`) to show them as they were then
 * @throws AppError NOT_FOUND for a revision that there is not
 * @example const { issues } = await showIssues(ctx, ['hm-a1']);
 */
export async function showIssues(
  ctx: BeadsContext,
  inputs: readonly string[],
  options: { asOf?: string | undefined } = {},
): Promise<ShowResult> {
  if (options.asOf !== undefined) return showAsOf(ctx, inputs, options.asOf);
  const asked = [...new Set(inputs)];
  const [found, layers] = await inOneTrip(ctx.db, (trip) => Promise.all([findIssues(trip, asked), readLayers(trip)]));
  const failures = asked.flatMap((input, index) => {
    const each = found[index];
    return each instanceof AppError ? [{ input, error: each }] : [];
  });
  const issues = uniqueById(found.filter((each): each is Found => !(each instanceof AppError))).map(
    ({ issue }) => issue,
  );
  return { issues: await complete(ctx, layers, issues), failures };
}

/**
 * What `showIssues` asks, if the inputs are whole ids and there are no wisps: for who opens the
 * database to show them.
 */
export function asksToShow(inputs: readonly string[]): (db: Queryable) => unknown {
  const ids = [...new Set(inputs)];
  return (db) => Promise.all([findIssues(db, ids), readLayers(db), readAround(db, HISTORY_ONLY, ids)]);
}

async function showAsOf(ctx: BeadsContext, inputs: readonly string[], revision: string): Promise<ShowResult> {
  const { at } = await resolveRevision(ctx.db, revision);
  const layers = layersAsOf(at);
  const read = (ids: readonly string[]) =>
    readIssues(ctx, layers, ids).catch((error: unknown) => {
      // A commit from before there were issues.
      if (sqlErrno(error) === ERRNO.tableUnknown) return [];
      throw error;
    });
  const exact = new Map((await read(inputs)).map((issue) => [issue.id, issue]));
  const rest = inputs.filter((input) => !exact.has(input));
  // A part of an id means what it means now.
  const resolved = rest.length > 0 ? await findIssues(ctx.db, rest) : [];
  const ids = new Map(
    rest.flatMap((input, index) => {
      const each = resolved[index];
      return each === undefined || each instanceof AppError ? [] : [[input, each.id] as const];
    }),
  );
  for (const issue of ids.size > 0 ? await read([...new Set(ids.values())]) : []) exact.set(issue.id, issue);
  const issues = inputs.flatMap((input) => exact.get(input) ?? exact.get(ids.get(input) ?? '') ?? []);
  const failures = inputs
    .filter((input) => !exact.has(input) && !exact.has(ids.get(input) ?? ''))
    .map((input) => ({ input, error: new AppError('NOT_FOUND', `no issue "${input}" at ${revision}`) }));
  return { issues: issues.length > 0 ? await complete(ctx, layers, [...new Set(issues)]) : [], failures };
}

async function readIssues(ctx: BeadsContext, layers: readonly Layer[], ids: readonly string[]): Promise<Issue[]> {
  const page = await readPage(ctx.db, layers, { filter: { ids }, sort: 'id', limit: 0, now: ctx.now() });
  return page.rows.map(({ row }) => decodeIssue(row));
}

async function complete(ctx: BeadsContext, layers: readonly Layer[], issues: readonly Issue[]): Promise<ShownIssue[]> {
  const ids = issues.map(({ id }) => id);
  const [labels, comments, down, up] = await readAround(ctx.db, layers, ids);
  // Most issues have few links or none: a join with all their columns takes Dolt longer than both steps.
  const far = await readFar(ctx.db, layers, [...down, ...up]);
  const dependencies = linksOf(ids, down, far);
  const dependents = linksOf(ids, up, far);
  return issues.map((issue) =>
    assemble(issue, {
      labels: labels.get(issue.id) ?? [],
      dependencies: dependencies.get(issue.id) ?? [],
      dependents: dependents.get(issue.id) ?? [],
      comments: comments.get(issue.id) ?? [],
    }),
  );
}

/** What hangs on issues, and where their links lead. */
function readAround(db: Queryable, layers: readonly Layer[], ids: readonly string[]) {
  return inOneTrip(db, (trip) =>
    Promise.all([
      readLabels(trip, layers, ids),
      readComments(trip, layers, ids),
      readNeighbours(trip, layers, ids, 'down'),
      readNeighbours(trip, layers, ids, 'up'),
    ]),
  );
}

function assemble(
  issue: Issue,
  linked: {
    labels: string[];
    dependencies: LinkedIssue[];
    dependents: LinkedIssue[];
    comments: Comment[];
  },
): ShownIssue {
  const { labels: _labels, dependencies: _dependencies, comments: _comments, ...own } = issue;
  const shown: ShownIssue = own;
  if (linked.labels.length > 0) shown.labels = linked.labels;
  if (linked.dependencies.length > 0) shown.dependencies = linked.dependencies;
  if (linked.dependents.length > 0) shown.dependents = linked.dependents;
  if (linked.comments.length > 0) shown.comments = linked.comments;
  const parent = linked.dependencies.find((each) => each.dependency_type === 'parent-child');
  if (parent) shown.parent = parent.id;
  if (issue.issue_type === 'epic') {
    const children = childrenOf(linked.dependents);
    const closed = children.filter(({ status }) => status === 'closed').length;
    shown.epic_total_children = children.length;
    shown.epic_closed_children = closed;
    shown.epic_closeable = children.length > 0 && closed === children.length && issue.status !== 'closed';
  }
  return shown;
}

/** The children among the issues that depend on one. */
export function childrenOf(dependents: readonly LinkedIssue[]): LinkedIssue[] {
  return dependents.filter((each) => each.dependency_type === 'parent-child');
}

function uniqueById(found: readonly Found[]): Found[] {
  return [...new Map(found.map((each) => [each.id, each])).values()];
}
