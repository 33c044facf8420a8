import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { type IssueRef, resolveId } from '../ids/resolve.ts';
import { readSettings } from '../settings.ts';
import { tablesOf } from '../tables.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';
import { addEdges, type Edge, resolveTargets, type Target } from './dependency-edges.ts';

/** "issue depends on dependsOn". */
export interface NewDependency {
  issue: string;
  /** An id, a part of one, `external:…`, or an id of another project. */
  dependsOn: string;
  /** Default `blocks`. */
  type?: string;
  metadata?: Readonly<Record<string, unknown>>;
  threadId?: string;
}

export interface DependencyChange {
  readonly issue: IssueRef;
  readonly dependsOn: Target;
  readonly type: string;
  /** False when it was so before: nothing was written. */
  readonly changed: boolean;
}

/**
 * Adds dependencies, all or none. One that is there already with the same type is no error.
 *
 * @throws AppError NOT_FOUND, VALIDATION (a cycle, itself, …), ALREADY_EXISTS (another type)
 * @example await addDependencies(ctx, [{ issue: 'hm-b1', dependsOn: 'hm-c1' }]);
 */
export async function addDependencies(
  ctx: BeadsContext,
  dependencies: readonly NewDependency[],
  options: { checkCycles?: boolean } = {},
): Promise<DependencyChange[]> {
  const settings = await readSettings(ctx);
  return write(ctx, 'dep add', async (w) => {
    const edges: Edge[] = [];
    const targets = await resolveTargets(
      w.tx,
      settings,
      dependencies.flatMap(({ issue, dependsOn }) => [issue, dependsOn]),
    );
    for (const [index, dependency] of dependencies.entries()) {
      const issue = required(targets[index * 2], `resolving issue ID ${dependency.issue}`);
      if (!issue.issue)
        throw new AppError('NOT_FOUND', `resolving issue ID ${issue.id}: no issue found matching "${issue.id}"`);
      const target = required(targets[index * 2 + 1], `resolving dependency ID ${dependency.dependsOn}`);
      edges.push({
        issue: issue.issue,
        target,
        type: dependency.type ?? 'blocks',
        ...(dependency.metadata ? { metadata: JSON.stringify(dependency.metadata) } : {}),
        ...(dependency.threadId === undefined ? {} : { threadId: dependency.threadId }),
      });
    }
    const added = await addEdges(w, edges, options);
    for (const edge of added) w.did(`dependency: add ${edge.type}`, `${edge.issue.id} -> ${edge.target.id}`);
    const last = added.at(-1);
    if (last) proveEdge(w, last, true);
    return edges.map((edge) => ({
      issue: edge.issue,
      dependsOn: edge.target,
      type: edge.type,
      changed: added.includes(edge),
    }));
  });
}

/**
 * Removes the dependency between two issues, of whatever type. None there is no error.
 *
 * @throws AppError NOT_FOUND, VALIDATION when an id is ambiguous
 */
export async function removeDependency(ctx: BeadsContext, issue: string, dependsOn: string): Promise<DependencyChange> {
  const settings = await readSettings(ctx);
  return write(ctx, 'dep remove', async (w) => {
    const from = await resolveId(w.tx, issue);
    const [found] = await resolveTargets(w.tx, settings, [dependsOn]);
    // What it depended on may be gone.
    const target = found instanceof AppError || !found ? { id: dependsOn } : found;
    const removed = await removeEdges(w, from, target, undefined);
    if (found instanceof AppError && removed === undefined) throw found;
    return { issue: from, dependsOn: target, type: removed ?? '', changed: removed !== undefined };
  });
}

/** Links two issues both ways, or takes the links away. Nothing waits because of them. */
export async function relateIssues(
  ctx: BeadsContext,
  first: string,
  second: string,
  options: { remove?: boolean } = {},
): Promise<DependencyChange> {
  return write(ctx, options.remove ? 'dep unrelate' : 'dep relate', async (w) => {
    const a = await resolveId(w.tx, first);
    const b = await resolveId(w.tx, second);
    let changed: boolean;
    if (options.remove) {
      const there = await removeEdges(w, a, { id: b.id, issue: b }, RELATES);
      const back = await removeEdges(w, b, { id: a.id, issue: a }, RELATES);
      changed = there !== undefined || back !== undefined;
    } else {
      const added = await addEdges(w, [
        { issue: a, target: { id: b.id, issue: b }, type: RELATES },
        { issue: b, target: { id: a.id, issue: a }, type: RELATES },
      ]);
      for (const edge of added) w.did(`dependency: add ${RELATES}`, `${edge.issue.id} -> ${edge.target.id}`);
      const last = added.at(-1);
      if (last) proveEdge(w, last, true);
      changed = added.length > 0;
    }
    return { issue: a, dependsOn: { id: b.id, issue: b }, type: RELATES, changed };
  });
}

const RELATES = 'relates-to';

/** @returns the type that the removed edge had */
export async function removeEdges(
  w: Writing,
  issue: IssueRef,
  target: Target,
  type: string | undefined,
): Promise<string | undefined> {
  const { dependencies } = tablesOf(issue.wisp);
  const [row] = await w.tx.query(`SELECT type FROM ${dependencies} WHERE issue_id = ? AND depends_on_id = ?`, [
    issue.id,
    target.id,
  ]);
  const found = row === undefined ? undefined : String(row['type']);
  if (found === undefined || (type !== undefined && found !== type)) return undefined;
  await w.tx.execute(`DELETE FROM ${dependencies} WHERE issue_id = ? AND depends_on_id = ?`, [issue.id, target.id]);
  w.changed(dependencies);
  w.did('dependency: remove', `${issue.id} -> ${target.id}`);
  proveEdge(w, { issue, target }, false);
  return found;
}

function proveEdge(w: Writing, { issue, target }: Pick<Edge, 'issue' | 'target'>, present: boolean): void {
  w.provedBy(async (db) => {
    const { dependencies } = tablesOf(issue.wisp);
    const rows = await db.query(`SELECT 1 AS one FROM ${dependencies} WHERE issue_id = ? AND depends_on_id = ?`, [
      issue.id,
      target.id,
    ]);
    return rows.length > 0 === present;
  });
}

function required(found: Target | AppError | undefined, doing: string): Target {
  if (found instanceof AppError) throw new AppError(found.code, `${doing}: ${found.message}`, { cause: found });
  if (!found) throw new Error(`${doing}: not looked up`);
  return found;
}
