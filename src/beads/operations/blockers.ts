import type { Queryable } from '../../database/types.ts';
import { findExact, type IssueRef } from '../ids/resolve.ts';
import { BLOCKING_TYPES, SETTLED_STATUSES } from '../vocabulary.ts';

/** Whether an issue neither waits nor holds anything back any more. */
export function isSettled(status: string): boolean {
  return SETTLED_STATUSES.some((settled) => settled === status);
}

/**
 * The open issues that issues wait for (`blocks`, `conditional-blocks`), by id. Issues of other
 * projects and missing ones hold nothing back.
 */
export async function openBlockers(tx: Queryable, ids: readonly string[]): Promise<Map<string, IssueRef[]>> {
  const edges = await edgesOf(tx, 'issue_id', ids, BLOCKING_TYPES);
  return groupOpen(
    tx,
    edges.map(({ issue, target }) => [issue, target]),
  );
}

/** The children of issues that are not settled, by id of the parent. */
export async function openChildren(tx: Queryable, ids: readonly string[]): Promise<Map<string, IssueRef[]>> {
  const edges = await edgesOf(tx, 'depends_on_id', ids, ['parent-child']);
  return groupOpen(
    tx,
    edges.map(({ issue, target }) => [target, issue]),
  );
}

/** The open issues that wait for any of these and for nothing else. */
export async function unblockedBy(tx: Queryable, ids: readonly string[]): Promise<IssueRef[]> {
  const edges = await edgesOf(tx, 'depends_on_id', ids, BLOCKING_TYPES);
  const waiting = await findExact(
    tx,
    edges.map(({ issue }) => issue),
  );
  const open = [...waiting.values()].filter(({ status }) => !isSettled(status));
  const blockers = await openBlockers(
    tx,
    open.map(({ id }) => id),
  );
  return open.filter(({ id }) => (blockers.get(id) ?? []).length === 0);
}

/** The parents of an issue. */
export async function parentsOf(tx: Queryable, id: string): Promise<string[]> {
  return (await edgesOf(tx, 'issue_id', [id], ['parent-child'])).map(({ target }) => target);
}

async function edgesOf(
  tx: Queryable,
  end: 'issue_id' | 'depends_on_id',
  ids: readonly string[],
  types: readonly string[],
): Promise<{ issue: string; target: string }[]> {
  if (ids.length === 0) return [];
  const edges: { issue: string; target: string }[] = [];
  for (const table of ['dependencies', 'wisp_dependencies']) {
    const rows = await tx.query(
      `SELECT issue_id, depends_on_id FROM ${table} WHERE ${end} IN (${places(ids)}) AND type IN (${places(types)}) ORDER BY issue_id, depends_on_id`,
      [...ids, ...types],
    );
    edges.push(...rows.map((row) => ({ issue: String(row['issue_id']), target: String(row['depends_on_id']) })));
  }
  return edges;
}

async function groupOpen(
  tx: Queryable,
  pairs: readonly (readonly [string, string])[],
): Promise<Map<string, IssueRef[]>> {
  const others = await findExact(
    tx,
    pairs.map(([, other]) => other),
  );
  const groups = new Map<string, IssueRef[]>();
  for (const [key, id] of pairs) {
    const other = others.get(id);
    if (other && !isSettled(other.status)) groups.set(key, [...(groups.get(key) ?? []), other]);
  }
  return groups;
}

function places(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}
