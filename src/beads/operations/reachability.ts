import type { Queryable } from '../../database/types.ts';

/** An edge of the dependency graph: `from` depends on `to`. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

/**
 * The dependency graph as far as it was asked about: edges of some types, loaded level by level from
 * where a question starts, plus edges that are about to be written.
 */
export interface Reachability {
  /** Adds an edge that is not in the database yet. */
  add(edge: GraphEdge): void;
  /** Whether a path of edges leads from `start` to `goal`. */
  leadsTo(start: string, goal: string): Promise<boolean>;
  /** Edges on the longest path from `start`, counted up to `limit`. */
  depthOf(start: string, limit: number): Promise<number>;
}

/**
 * @param types the types of dependencies that count
 * @param fresh ids that this transaction made, of which the database knows no edges
 */
export function reachability(tx: Queryable, types: readonly string[], fresh: ReadonlySet<string>): Reachability {
  const loaded = new Map<string, string[]>();
  const pending = new Map<string, string[]>();

  async function next(level: readonly string[]): Promise<string[]> {
    const unknown = level.filter((id) => !loaded.has(id) && !fresh.has(id));
    if (unknown.length > 0) await load(unknown);
    return level.flatMap((id) => [...(loaded.get(id) ?? []), ...(pending.get(id) ?? [])]);
  }

  async function load(ids: readonly string[]): Promise<void> {
    for (const id of ids) loaded.set(id, []);
    const places = ids.map(() => '?').join(', ');
    const kinds = types.map(() => '?').join(', ');
    for (const table of ['dependencies', 'wisp_dependencies']) {
      const rows = await tx.query(
        `SELECT issue_id, depends_on_id FROM ${table} WHERE issue_id IN (${places}) AND type IN (${kinds})`,
        [...ids, ...types],
      );
      for (const row of rows) loaded.get(String(row['issue_id']))?.push(String(row['depends_on_id']));
    }
  }

  return {
    add({ from, to }) {
      pending.set(from, [...(pending.get(from) ?? []), to]);
    },
    async leadsTo(start, goal) {
      const seen = new Set([start]);
      for (let level = [start]; level.length > 0; ) {
        if (level.includes(goal)) return true;
        const following = new Set((await next(level)).filter((id) => !seen.has(id)));
        level = [...following];
        for (const id of level) seen.add(id);
      }
      return false;
    },
    async depthOf(start, limit) {
      let level = [start];
      for (let depth = 0; depth < limit; depth += 1) {
        level = [...new Set(await next(level))];
        if (level.length === 0) return depth;
      }
      return limit;
    },
  };
}
