import type { Queryable, Row } from '../../database/types.ts';
import { sqlTime } from '../dates.ts';
import { BLOCKING_TYPES, SETTLED_STATUSES } from '../vocabulary.ts';
import type { Layer } from './layers.ts';
import { idTable, inList, raw, run, type Sql, sql } from './sql.ts';

/**
 * What holds issues back. An issue is *active* unless it is closed or pinned. An issue is *blocked*
 * by an active issue that it depends on with `blocks` or `conditional-blocks`, and by an issue that
 * it `waits-for` while that one's children are not done. A missing or external target never blocks.
 * Source: the Go `bd` 1.0.3, observed.
 */
export interface Blocking {
  /** Ids of blocked issues, settled ones among them, to the ids that block them. */
  readonly blockers: ReadonlyMap<string, readonly string[]>;
  /** What is never ready: the blocked, and the children of blocked active issues. */
  readonly heldBack: ReadonlySet<string>;
  /** Children of issues that are put off to a later time. */
  readonly parentDeferred: ReadonlySet<string>;
}

/** A dependency on an issue that exists, and that state. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly toStatus: string;
  /** It is put off to a later time. */
  readonly toDeferred: boolean;
}

/**
 * What all dependencies together hold back. The same in SQL nests the set of blocked ids three
 * times, and Dolt takes longer to plan that than to read the edges (10,000 issues with 3,000 edges:
 * 8 ms here, 50 to 70 ms there).
 *
 * @param options.all the caller is going to show all that is blocked: the issues may be read as a whole
 */
export async function readBlocking(
  db: Queryable,
  layers: readonly Layer[],
  now: Date,
  { all = false } = {},
): Promise<Blocking> {
  return blockingOf(db, layers, await readEdges(db, layers, now, all));
}

/** What these edges hold back; reads the children of what is waited for. */
export async function blockingOf(db: Queryable, layers: readonly Layer[], edges: readonly Edge[]): Promise<Blocking> {
  const blockers = new Map<string, string[]>();
  const block = (id: string, by: string) => {
    const list = blockers.get(id);
    if (!list) blockers.set(id, [by]);
    else if (!list.includes(by)) list.push(by);
  };
  for (const edge of edges) {
    if (isBlocking(edge.type) && isActive(edge.toStatus)) block(edge.from, edge.to);
  }
  const waiting = edges.filter((edge) => edge.type === 'waits-for');
  for (const edge of await stillWaiting(db, layers, waiting)) block(edge.from, edge.to);

  const heldBack = new Set(blockers.keys());
  const parentDeferred = new Set<string>();
  for (const edge of edges) {
    if (edge.type !== 'parent-child') continue;
    if (edge.toDeferred) parentDeferred.add(edge.from);
    if (isActive(edge.toStatus) && blockers.has(edge.to)) heldBack.add(edge.from);
  }
  return { blockers, heldBack, parentDeferred };
}

/**
 * All dependencies on issues that exist, in one statement for each pair of layers. They come in
 * groups, with their ids as two lists: a few rows take mysql2 a tenth of the time of thousands.
 */
async function readEdges(db: Queryable, layers: readonly Layer[], now: Date, all: boolean): Promise<Edge[]> {
  const edges: Edge[] = [];
  const today = sqlTime(now);
  for (const own of layers) {
    for (const target of layers) {
      const hint = all ? await joinHint(db, own, target) : raw('');
      const rows = await run(
        db,
        sql`SELECT ${hint} d.type, t.status, t.defer_until,
          JSON_ARRAYAGG(d.issue_id) AS from_ids, JSON_ARRAYAGG(d.depends_on_id) AS to_ids
          FROM ${raw(own.dependencies)} d JOIN ${raw(target.issues)} t ON t.id = d.depends_on_id
          GROUP BY d.type, t.status, t.defer_until`,
      );
      for (const row of rows) edges.push(...decodeEdges(row, today));
    }
  }
  return edges;
}

/** How many issues Dolt reads on the way in the time of looking one up. */
const LOOK_UP_COST = 8;

/**
 * Dolt looks up each target, however many there are: 30,000 of 100,000 issues in 160 ms, while both
 * read side by side take 80. For few of many that would be the longer way.
 */
async function joinHint(db: Queryable, own: Layer, target: Layer): Promise<Sql> {
  const [row] = await run(
    db,
    sql`SELECT (SELECT COUNT(*) FROM ${raw(own.dependencies)}) AS edges, (SELECT COUNT(*) FROM ${raw(target.issues)}) AS targets`,
  );
  const isMany = Number(row?.['edges'] ?? 0) * LOOK_UP_COST > Number(row?.['targets'] ?? 0);
  return raw(isMany ? '/*+ MERGE_JOIN(d,t) */' : '');
}

/** @param today the time now as SQL writes it, which sorts like the time itself */
function decodeEdges(row: Row, today: string): Edge[] {
  const target = {
    type: String(row['type']),
    toStatus: String(row['status']),
    toDeferred: String(row['defer_until'] ?? '') > today,
  };
  const to = idList(row['to_ids']);
  return idList(row['from_ids']).map((from, index) => ({ from, to: to[index] ?? '', ...target }));
}

/** The ids that JSON_ARRAYAGG gathered. */
export function idList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/**
 * The `waits-for` edges that still hold: their target has active children; with the gate
 * `any-children` only until one child is closed. Hardly a database has such edges.
 */
async function stillWaiting(db: Queryable, layers: readonly Layer[], edges: readonly Edge[]): Promise<Edge[]> {
  if (edges.length === 0) return [];
  const children = new Map<string, { active: number; closed: number }>();
  for (const layer of layers) {
    const rows = await run(
      db,
      sql`SELECT c.depends_on_id, k.status FROM ${idTable(edges.map((edge) => edge.to))} wanted
        JOIN ${raw(layer.dependencies)} c ON c.depends_on_id = wanted.id AND c.type = 'parent-child'
        JOIN ${raw(layer.issues)} k ON k.id = c.issue_id`,
    );
    for (const row of rows) {
      const count = children.get(String(row['depends_on_id'])) ?? { active: 0, closed: 0 };
      children.set(String(row['depends_on_id']), count);
      if (isActive(row['status'])) count.active += 1;
      if (row['status'] === 'closed') count.closed += 1;
    }
  }
  const waiting = edges.filter((edge) => (children.get(edge.to)?.active ?? 0) > 0);
  // The gate matters only where one child is closed and another is not.
  const begun = waiting.filter((edge) => (children.get(edge.to)?.closed ?? 0) > 0);
  const open = await readAnyChildGates(db, layers, begun);
  return waiting.filter((edge) => !(begun.includes(edge) && open.has(`${edge.from} ${edge.to}`)));
}

/** The `waits-for` edges with the gate `any-children`, as `FROM TO`. */
async function readAnyChildGates(
  db: Queryable,
  layers: readonly Layer[],
  edges: readonly Edge[],
): Promise<ReadonlySet<string>> {
  const gates = new Set<string>();
  for (const layer of edges.length > 0 ? layers : []) {
    const rows = await run(
      db,
      sql`SELECT e.issue_id, e.depends_on_id FROM ${idTable(edges.map((edge) => edge.to))} wanted
        JOIN ${raw(layer.dependencies)} e ON e.depends_on_id = wanted.id AND e.type = 'waits-for'
        WHERE JSON_UNQUOTE(JSON_EXTRACT(e.metadata, '$.gate')) = 'any-children'`,
    );
    for (const row of rows) gates.add(`${row['issue_id']} ${row['depends_on_id']}`);
  }
  return gates;
}

function isBlocking(type: string): boolean {
  return (BLOCKING_TYPES as readonly string[]).includes(type);
}

/** The SQL condition that an issue is active. @param alias of its table */
export function active(alias: string): Sql {
  return sql`${raw(alias)}.status NOT IN ${inList(SETTLED_STATUSES)}`;
}

export function isActive(status: unknown): boolean {
  return !(SETTLED_STATUSES as readonly unknown[]).includes(status);
}
