import type { BeadsContext } from '../context.ts';
import { compareIds } from '../ids/compare.ts';
import type { Issue } from '../issue.ts';
import { loadIssues } from '../lookup.ts';
import { BLOCKING_TYPES } from '../vocabulary.ts';
import { readLayers } from './layers.ts';
import { inList, raw, run, sql } from './sql.ts';

/**
 * Circles of issues that block each other, so that none can become ready. For each knot of issues
 * that reach each other one shortest circle is told, beginning with its smallest id.
 *
 * @returns for each circle its issues, each depending on the next and the last on the first
 */
export async function dependencyCycles(ctx: Pick<BeadsContext, 'db'>): Promise<Issue[][]> {
  const cycles = await blockingCycles(ctx);
  const issues = cycles.length > 0 ? await loadIssues(ctx.db, cycles.flat()) : new Map();
  return cycles.map((ids) => ids.flatMap((id) => issues.get(id)?.issue ?? []));
}

/** As {@link dependencyCycles}, the ids only. */
export async function blockingCycles(ctx: Pick<BeadsContext, 'db'>): Promise<string[][]> {
  const edges = new Map<string, string[]>();
  for (const layer of await readLayers(ctx.db)) {
    const rows = await run(
      ctx.db,
      sql`SELECT issue_id, depends_on_id FROM ${raw(layer.dependencies)} WHERE type IN ${inList(BLOCKING_TYPES)}`,
    );
    for (const row of rows) {
      const from = String(row['issue_id']);
      edges.set(from, [...(edges.get(from) ?? []), String(row['depends_on_id'])]);
    }
  }
  return findCycles(edges);
}

/**
 * One shortest circle for each strongly connected component of a graph.
 *
 * @example findCycles(new Map([['a', ['b']], ['b', ['a']]])) // [['a', 'b']]
 */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  return components(edges)
    .map((members) => {
      const [first = ''] = [...members].sort(compareIds);
      return shortestCircle(first, members, edges);
    })
    .filter((cycle) => cycle.length > 0)
    .sort((a, b) => compareIds(a[0] ?? '', b[0] ?? ''));
}

/** Tarjan's algorithm without recursion: chains of dependencies may be as long as they like. */
function components(edges: ReadonlyMap<string, readonly string[]>): Set<string>[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: Set<string>[] = [];
  const lower = (id: string, value: number) => low.set(id, Math.min(low.get(id) ?? value, value));
  for (const start of edges.keys()) {
    if (index.has(start)) continue;
    const calls: { id: string; next: number }[] = [{ id: start, next: 0 }];
    while (calls.length > 0) {
      const call = calls.at(-1);
      if (!call) break;
      const { id } = call;
      if (call.next === 0) {
        index.set(id, index.size);
        lower(id, index.size - 1);
        stack.push(id);
        onStack.add(id);
      }
      const target = edges.get(id)?.[call.next];
      call.next += 1;
      if (target !== undefined) {
        if (!index.has(target)) calls.push({ id: target, next: 0 });
        else if (onStack.has(target)) lower(id, index.get(target) ?? 0);
        continue;
      }
      calls.pop();
      const caller = calls.at(-1);
      if (caller) lower(caller.id, low.get(id) ?? 0);
      if (low.get(id) === index.get(id)) found.push(popComponent(id, stack, onStack));
    }
  }
  return found.filter((members) => members.size > 1 || [...members].some((id) => edges.get(id)?.includes(id)));
}

function popComponent(root: string, stack: string[], onStack: Set<string>): Set<string> {
  const members = new Set<string>();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    onStack.delete(id);
    members.add(id);
    if (id === root) break;
  }
  return members;
}

/** The nearest way from an id back to itself within its component. */
function shortestCircle(
  start: string,
  members: ReadonlySet<string>,
  edges: ReadonlyMap<string, readonly string[]>,
): string[] {
  const cameFrom = new Map<string, string>();
  let level = [start];
  while (level.length > 0) {
    const next: string[] = [];
    for (const id of level) {
      for (const target of edges.get(id) ?? []) {
        if (target === start) return pathTo(id, start, cameFrom);
        if (!members.has(target) || cameFrom.has(target)) continue;
        cameFrom.set(target, id);
        next.push(target);
      }
    }
    level = next;
  }
  return [];
}

function pathTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [end];
  for (let id = end; id !== start; ) {
    id = cameFrom.get(id) ?? start;
    path.push(id);
  }
  return path.reverse();
}
