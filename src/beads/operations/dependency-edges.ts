import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { requireFits } from '../field-limits.ts';
import { isBelow } from '../ids/explicit-id.ts';
import { findExact, type IssueRef, noneMatches, resolveIds } from '../ids/resolve.ts';
import type { Settings } from '../settings.ts';
import { byTables } from '../tables.ts';
import { BLOCKING_TYPES } from '../vocabulary.ts';
import { insertRows } from '../write/insert-rows.ts';
import type { Writing } from '../write/record.ts';
import { type Reachability, reachability } from './reachability.ts';

/** What an issue depends on: one of ours, or (without `issue`) one of another project. */
export interface Target {
  readonly id: string;
  readonly issue?: IssueRef;
}

/** "issue depends on target". */
export interface Edge {
  readonly issue: IssueRef;
  readonly target: Target;
  readonly type: string;
  /** JSON text; `{}` when left out. */
  readonly metadata?: string;
  readonly threadId?: string;
}

export interface AddEdgesOptions {
  /** Ids that this transaction made: nothing is known of them in the database. */
  readonly fresh?: ReadonlySet<string>;
  /** Default true. */
  readonly checkCycles?: boolean;
}

/**
 * Finds what dependencies shall point to. Ids that begin with `external:`, and whole ids with the
 * prefix of another project, are taken as they are.
 */
export async function resolveTargets(
  db: Queryable,
  settings: Settings,
  inputs: readonly string[],
): Promise<(Target | AppError)[]> {
  const local = inputs.filter((input) => !isForeign(input, settings));
  const resolved = local.length === 0 ? [] : await resolveIds(db, local);
  const found = new Map(local.map((input, index) => [input, resolved[index] ?? noneMatches(input)]));
  // An issue of another prefix may have been imported.
  const foreign = inputs.filter((input) => isForeign(input, settings) && !input.startsWith('external:'));
  const imported = await findExact(db, foreign);
  return inputs.map((input) => {
    const issue = found.get(input) ?? imported.get(input);
    if (issue instanceof AppError) return issue;
    return issue ? { id: issue.id, issue } : { id: input };
  });
}

function isForeign(input: string, settings: Settings): boolean {
  if (input.startsWith('external:')) return true;
  return (
    /^[A-Za-z0-9_]+-[A-Za-z0-9]/.test(input) && !settings.prefixes.some((prefix) => input.startsWith(`${prefix}-`))
  );
}

/**
 * Inserts edges after all checks: no issue on itself, one type for a pair, no cycle, no child that
 * waits for its parent, no deeper than `hierarchy.max-depth`.
 *
 * @returns the edges that were not there before
 * @throws AppError VALIDATION or ALREADY_EXISTS
 */
export async function addEdges(w: Writing, edges: readonly Edge[], options: AddEdgesOptions = {}): Promise<Edge[]> {
  const fresh = options.fresh ?? new Set<string>();
  edges.forEach(requireSensible);
  const added = await withoutExisting(w.tx, edges, fresh);
  const blocking = reachability(w.tx, BLOCKING_TYPES, fresh);
  const hierarchy = reachability(w.tx, ['parent-child'], fresh);
  const targets = new Set<string>();
  for (const edge of added) {
    // Nothing depends on a fresh issue yet, so an edge from it closes no cycle.
    const mayClose = !fresh.has(edge.issue.id) || targets.has(edge.issue.id);
    targets.add(edge.target.id);
    const graph = graphOf(edge, blocking, hierarchy, options.checkCycles ?? true);
    if (!graph) continue;
    if (mayClose && (await graph.leadsTo(edge.target.id, edge.issue.id))) throw cycle(edge);
    graph.add({ from: edge.issue.id, to: edge.target.id });
    if (edge.type === 'parent-child') await requireDepth(w, edge, hierarchy, fresh);
  }
  for (const [tables, members] of byTables(added.map((edge) => ({ ...edge, wisp: edge.issue.wisp })))) {
    const rows = members.map((edge) => [
      edge.issue.id,
      edge.target.id,
      edge.type,
      w.now,
      w.ctx.actor,
      edge.metadata ?? '{}',
      edge.threadId ?? '',
    ]);
    await insertRows(w.tx, tables.dependencies, COLUMNS, rows);
    w.changed(tables.dependencies);
  }
  return added;
}

const COLUMNS = ['issue_id', 'depends_on_id', 'type', 'created_at', 'created_by', 'metadata', 'thread_id'] as const;

function requireSensible({ issue, target, type, threadId, metadata }: Edge): void {
  if (issue.id === target.id) {
    throw invalid(`cannot add self-dependency: ${issue.id} cannot depend on itself`);
  }
  if (type === '' || type.length > 32) {
    throw invalid(`invalid dependency type "${type}" (must be 1 to 32 characters)`);
  }
  requireFits('thread_id', threadId ?? '');
  requireFits('metadata', metadata ?? '');
  requireFits('id', target.id);
  if (!BLOCKING_TYPES.some((blocking) => blocking === type)) return;
  if (isBelow(issue.id, target.id)) {
    throw invalid(
      `cannot add dependency: ${issue.id} is already a child of ${target.id}; the parent waits for its children, so neither could ever be closed`,
    );
  }
  if (type !== 'blocks' || !target.issue) return;
  if (issue.type === 'epic' && target.issue.type !== 'epic') {
    throw invalid('tasks can only block other tasks, not epics');
  }
  if (issue.type !== 'epic' && target.issue.type === 'epic') {
    throw invalid('epics can only block other epics, not tasks');
  }
}

/** Leaves out what is there already; a pair has one type. */
async function withoutExisting(tx: Queryable, edges: readonly Edge[], fresh: ReadonlySet<string>): Promise<Edge[]> {
  const known = new Map<string, string>();
  const old = edges.filter((edge) => !fresh.has(edge.issue.id));
  for (const [tables, members] of byTables(old.map(({ issue, target }) => ({ wisp: issue.wisp, issue, target })))) {
    const sources = [...new Set(members.map(({ issue }) => issue.id))];
    const targets = [...new Set(members.map(({ target }) => target.id))];
    const rows = await tx.query(
      `SELECT issue_id, depends_on_id, type FROM ${tables.dependencies} WHERE issue_id IN (${places(sources)}) AND depends_on_id IN (${places(targets)})`,
      [...sources, ...targets],
    );
    for (const row of rows) known.set(pair(row['issue_id'], row['depends_on_id']), String(row['type']));
  }
  return edges.filter(({ issue, target, type }) => {
    const key = pair(issue.id, target.id);
    const existing = known.get(key);
    known.set(key, type);
    if (existing === undefined) return true;
    if (existing === type) return false;
    throw new AppError(
      'ALREADY_EXISTS',
      `dependency ${issue.id} -> ${target.id} already exists with type "${existing}" (requested "${type}"); remove it first with 'bd dep remove' then re-add`,
    );
  });
}

function graphOf(
  edge: Edge,
  blocking: Reachability,
  hierarchy: Reachability,
  check: boolean,
): Reachability | undefined {
  if (edge.type === 'parent-child') return hierarchy;
  return check && BLOCKING_TYPES.some((type) => type === edge.type) ? blocking : undefined;
}

async function requireDepth(w: Writing, edge: Edge, up: Reachability, fresh: ReadonlySet<string>): Promise<void> {
  const maximum = maxDepth(w);
  const above = (await up.depthOf(edge.target.id, maximum + 1)) + 1;
  const below = fresh.has(edge.issue.id) ? 0 : await heightOf(w.tx, edge.issue.id, maximum + 1 - above);
  if (above + below <= maximum) return;
  throw invalid(`maximum hierarchy depth (${maximum}) exceeded for parent ${edge.target.id}`);
}

/** `hierarchy.max-depth`: levels below the top that issues may have. Default 3. */
export function maxDepth(w: Pick<Writing, 'ctx'>): number {
  const value = Number(w.ctx.setting('hierarchy.max-depth') ?? '3');
  return Number.isInteger(value) && value > 0 ? value : 3;
}

/** Levels of children below an issue, counted up to `limit`. */
async function heightOf(tx: Queryable, id: string, limit: number): Promise<number> {
  let level = [id];
  for (let height = 0; height < limit; height += 1) {
    const children: string[] = [];
    for (const table of ['dependencies', 'wisp_dependencies']) {
      const rows = await tx.query(
        `SELECT issue_id FROM ${table} WHERE type = 'parent-child' AND depends_on_id IN (${places(level)})`,
        level,
      );
      children.push(...rows.map((row) => String(row['issue_id'])));
    }
    if (children.length === 0) return height;
    level = [...new Set(children)];
  }
  return Math.max(limit, 0);
}

function cycle({ issue, target }: Edge): AppError {
  return new AppError('VALIDATION', 'adding dependency would create a cycle', {
    hint: `${target.id} depends on ${issue.id} already: look at it with \`bd dep tree ${target.id}\``,
  });
}

function invalid(message: string): AppError {
  return new AppError('VALIDATION', message);
}

function pair(issue: unknown, target: unknown): string {
  return `${String(issue)}\n${String(target)}`;
}

function places(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}
