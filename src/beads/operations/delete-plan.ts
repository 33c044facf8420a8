import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { MAX_TEXT_BYTES } from '../field-limits.ts';
import { hasWisps, type resolveIds } from '../ids/resolve.ts';
import type { Issue } from '../issue.ts';
import { type Found, loadIssues } from '../lookup.ts';
import { byTables } from '../tables.ts';
import { markDeleted } from './text-references.ts';

/** What a deletion takes with it. */
export interface DeletePlan {
  /** The whole ids of the issues that were named. */
  readonly named: readonly string[];
  readonly issues: readonly Issue[];
  /** Dependencies from or to the issues. */
  readonly dependencies: number;
  readonly labels: number;
  readonly events: number;
  /** Ids of connected issues whose texts mention a deleted id. */
  readonly mentions: readonly string[];
  /** Ids of issues outside that depend on one of the issues. */
  readonly orphaned: readonly string[];
}

/** A plan, and the rows that it is about. */
export interface PreparedDelete {
  readonly found: readonly Found[];
  readonly neighbours: readonly Found[];
  readonly plan: DeletePlan;
}

/**
 * Collects what a deletion takes with it.
 *
 * @param cascade also what depends on the issues, and on those, and so on
 * @param resolve how inputs become issues
 * @throws AppError NOT_FOUND, VALIDATION when an id is ambiguous
 */
export async function prepareDelete(
  db: Queryable,
  inputs: readonly string[],
  cascade: boolean,
  resolve: typeof resolveIds,
): Promise<PreparedDelete> {
  const refs = await resolve(db, inputs);
  const missing = inputs.filter((_input, index) => {
    const ref = refs[index];
    return ref instanceof AppError && ref.code === 'NOT_FOUND';
  });
  if (missing.length > 0) {
    const message = inputs.length === 1 ? `issue ${missing[0]} not found` : `issues not found: ${missing.join(', ')}`;
    const [hint] = refs.flatMap((ref) => (ref instanceof AppError && ref.hint ? ref.hint : []));
    throw new AppError('NOT_FOUND', message, hint === undefined ? {} : { hint });
  }
  const wanted = new Set<string>();
  for (const ref of refs) {
    if (ref instanceof AppError) throw ref;
    wanted.add(ref.id);
  }
  const named = [...wanted];
  let edges = await edgesAround(db, named);
  while (cascade) {
    const before = wanted.size;
    for (const { issue, target } of edges) if (wanted.has(target)) wanted.add(issue);
    if (wanted.size === before) break;
    edges = await edgesAround(db, [...wanted]);
  }
  const ids = [...wanted];
  const found = [...(await loadIssues(db, ids)).values()];
  const outside = edges.flatMap(({ issue, target }) => [issue, target]).filter((id) => !wanted.has(id));
  const neighbours = [...(await loadIssues(db, outside)).values()];
  const dependents = edges.filter(({ issue, target }) => wanted.has(target) && !wanted.has(issue));
  return {
    found,
    neighbours,
    plan: {
      named,
      issues: found.map(({ issue }) => issue),
      dependencies: edges.length,
      labels: await count(db, found, 'labels'),
      events: await count(db, found, 'events'),
      mentions: neighbours.filter((each) => Object.keys(rewritten(each.issue, ids)).length > 0).map(({ id }) => id),
      orphaned: [...new Set(dependents.map(({ issue }) => issue))],
    },
  };
}

interface NearEdge {
  readonly table: string;
  readonly issue: string;
  readonly target: string;
}

export async function edgesAround(db: Queryable, ids: readonly string[]): Promise<NearEdge[]> {
  const places = ids.map(() => '?').join(', ');
  const edges = new Map<string, NearEdge>();
  for (const table of (await hasWisps(db)) ? ['dependencies', 'wisp_dependencies'] : ['dependencies']) {
    for (const end of ['issue_id', 'depends_on_id']) {
      const rows = await db.query(`SELECT issue_id, depends_on_id FROM ${table} WHERE ${end} IN (${places})`, ids);
      for (const row of rows) {
        const edge = { table, issue: String(row['issue_id']), target: String(row['depends_on_id']) };
        edges.set(JSON.stringify(edge), edge);
      }
    }
  }
  return [...edges.values()];
}

async function count(db: Queryable, found: readonly Found[], what: 'labels' | 'events'): Promise<number> {
  let sum = 0;
  for (const [tables, members] of byTables(found)) {
    const places = members.map(() => '?').join(', ');
    const [row] = await db.query(
      `SELECT COUNT(*) AS n FROM ${tables[what]} WHERE issue_id IN (${places})`,
      members.map(({ id }) => id),
    );
    sum += Number(row?.['n'] ?? 0);
  }
  return sum;
}

const TEXTS = ['title', 'description', 'design', 'acceptance_criteria', 'notes'] as const;

/** The texts of an issue that change when these ids are gone; one that would grow too long stays. */
export function rewritten(issue: Issue, ids: readonly string[]): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const field of TEXTS) {
    const before = issue[field] ?? '';
    const after = markDeleted(before, ids);
    if (after !== before && fits(field, after)) changed[field] = after;
  }
  return changed;
}

function fits(field: string, text: string): boolean {
  return field === 'title' ? [...text].length <= 500 : Buffer.byteLength(text) <= MAX_TEXT_BYTES;
}
