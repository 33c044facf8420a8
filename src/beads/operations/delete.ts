import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { resolveIds, resolveWholeIds } from '../ids/resolve.ts';
import { type Found, loadIssues } from '../lookup.ts';
import { byTables, tablesOf } from '../tables.ts';
import { eventJson } from '../write/events.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';
import { applyColumns } from './apply-columns.ts';
import { type DeletePlan, edgesAround, prepareDelete, rewritten } from './delete-plan.ts';

export interface DeleteOptions {
  /** Delete also issues that depend on the given ones, and on those, and so on. */
  cascade?: boolean;
  /** Delete although others depend on it: these lose the dependency. */
  force?: boolean;
}

/**
 * What {@link deleteIssues} would delete. An id may be a part here: the plan names the whole ones.
 *
 * @throws AppError NOT_FOUND, VALIDATION when an id is ambiguous
 */
export async function planDelete(
  ctx: BeadsContext,
  inputs: readonly string[],
  options: Pick<DeleteOptions, 'cascade'> = {},
): Promise<DeletePlan> {
  return (await prepareDelete(ctx.db, inputs, options.cascade ?? false, resolveIds)).plan;
}

/**
 * Deletes issues with their labels, comments, events and the dependencies from and to them, in one
 * write. Texts of connected issues that mention them say `[deleted:<id>]` afterwards. All or none.
 * Takes whole ids, with or without the prefix: a part might fit another issue once the one that was
 * meant is gone.
 *
 * @throws AppError NOT_FOUND, CONFLICT when others depend on them and neither `cascade` nor `force` is set
 * @example await deleteIssues(ctx, ['hm-a1'], { force: true });
 */
export function deleteIssues(
  ctx: BeadsContext,
  inputs: readonly string[],
  options: DeleteOptions = {},
): Promise<DeletePlan> {
  return write(ctx, 'delete', async (w) => {
    const { found, neighbours, plan } = await prepareDelete(w.tx, inputs, options.cascade ?? false, resolveWholeIds);
    if (plan.orphaned.length > 0 && !options.force) throw await hasDependents(w.tx, plan);
    const ids = found.map(({ id }) => id);
    await rewriteMentions(w, neighbours, ids);
    await removeRows(w, found);
    w.dropEvents(ids);
    w.did('delete', ...ids);
    w.provedBy(async (db) => (await loadIssues(db, ids)).size === 0);
    return plan;
  });
}

async function rewriteMentions(w: Writing, neighbours: readonly Found[], ids: readonly string[]): Promise<void> {
  const changes = neighbours
    .map((found) => ({ found, columns: rewritten(found.issue, ids) }))
    .filter(({ columns }) => Object.keys(columns).length > 0);
  await applyColumns(w, changes);
  for (const { found, columns } of changes) {
    w.event({
      issueId: found.id,
      wisp: found.wisp,
      type: 'updated',
      oldValue: eventJson(found.issue),
      newValue: eventJson(columns),
    });
  }
}

async function removeRows(w: Writing, found: readonly Found[]): Promise<void> {
  const remove = async (table: string, column: string, ids: readonly string[]) => {
    const places = ids.map(() => '?').join(', ');
    if ((await w.tx.execute(`DELETE FROM ${table} WHERE ${column} IN (${places})`, ids)) > 0) w.changed(table);
  };
  const all = found.map(({ id }) => id);
  // What points to a deleted issue has no foreign key, and wisps have none at all.
  for (const wisp of [false, true]) await remove(tablesOf(wisp).dependencies, 'depends_on_id', all);
  for (const [tables, members] of byTables(found)) {
    const own = members.map(({ id }) => id);
    const parts: string[] = [tables.labels, tables.comments, tables.events, tables.dependencies];
    // Named, although the foreign keys would do it: what was changed must be known.
    if (tables.issues === 'issues') parts.push('issue_snapshots', 'compaction_snapshots');
    for (const table of parts) await remove(table, 'issue_id', own);
    await remove(tables.issues, 'id', own);
  }
}

async function hasDependents(tx: Queryable, plan: DeletePlan): Promise<AppError> {
  const ids = plan.issues.map(({ id }) => id);
  const edges = await edgesAround(tx, ids);
  const held = edges.find(({ issue, target }) => ids.includes(target) && !ids.includes(issue));
  return new AppError(
    'CONFLICT',
    `issue ${held?.target ?? ids[0]} has dependents not in deletion set; use --cascade to delete them or --force to orphan them`,
    { hint: `they are: ${plan.orphaned.join(', ')}` },
  );
}
