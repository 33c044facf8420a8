import { sqlLiteral } from '../../database/sql-text.ts';
import type { Queryable } from '../../database/types.ts';
import { TABLE_LIST, tableSizes } from '../schema/table-list.ts';
import { type IssueTables, tablesOf } from '../tables.ts';

/** The tables that one kind of issues is read from; a name may carry `AS OF`. */
export type Layer = Readonly<Record<keyof IssueTables, string>>;

/**
 * The layers that hold anything: the issues in Dolt's history, and the wisps of this clone beside them
 * (an id in `wisps`, which is never in `issues` too, has its labels, dependencies and comments in the
 * tables `wisp_…`).
 * Most databases have no wisps, and then a reader pays this one statement for them; a fresh clone
 * lacks the tables altogether.
 */
export async function readLayers(db: Queryable): Promise<readonly Layer[]> {
  const sizes = tableSizes(await db.query(TABLE_LIST));
  const wisps = tablesOf(true);
  const complete = Object.values(wisps).every((table) => sizes.has(table));
  return complete && (sizes.get(wisps.issues) ?? 0) > 0 ? [...HISTORY_ONLY, wisps] : HISTORY_ONLY;
}

/** The layers of a database without wisps, which most are. */
export const HISTORY_ONLY: readonly Layer[] = [tablesOf(false)];

/**
 * The issues as they were at a revision: a commit, a branch, a tag, `HEAD~2`. Wisps have no history.
 *
 * @example const layers = layersAsOf('HEAD~1');
 */
export function layersAsOf(revision: string): readonly Layer[] {
  const at = (table: string) => `${table} AS OF ${sqlLiteral(revision)}`;
  const { issues, labels, dependencies, events, comments } = tablesOf(false);
  return [
    {
      issues: at(issues),
      labels: at(labels),
      dependencies: at(dependencies),
      events: at(events),
      comments: at(comments),
    },
  ];
}
