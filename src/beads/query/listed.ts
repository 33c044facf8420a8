import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable } from '../../database/types.ts';
import type { Dependency, Issue } from '../issue.ts';
import { decodeIssue, decodeLine } from '../issue-row.ts';
import type { Layer } from './layers.ts';
import type { PagedRow } from './page.ts';
import { countComments, countDependents, readDependencies, readLabels } from './related.ts';

/** An issue of a list, as the JSON of `bd list` and `bd ready` shows it. */
export interface ListedIssue extends Issue {
  /** How many issues it depends on with `blocks`. */
  dependency_count: number;
  /** How many issues depend on it with `blocks`. */
  dependent_count: number;
  comment_count: number;
  /** Id of its parent. */
  parent?: string;
}

/** What a list shows of each issue beside its own row: each part costs a statement. */
export interface ListedParts {
  /** The whole row; else what a line shows: id, title, status, priority, type, assignee, times. */
  readonly fields: boolean;
  readonly labels: boolean;
  readonly dependencies: boolean;
  readonly counts: boolean;
}

export const ALL_PARTS: ListedParts = { fields: true, labels: true, dependencies: true, counts: true };

/** Completes the rows of a page. Counts that were not asked for are 0. */
export async function completeRows(
  db: Queryable,
  layers: readonly Layer[],
  rows: readonly PagedRow[],
  parts: ListedParts,
): Promise<ListedIssue[]> {
  const ids = rows.map(({ row }) => String(row['id']));
  const [labels, dependencies, dependents, comments] = await inOneTrip(db, (trip) =>
    Promise.all([
      parts.labels ? readLabels(trip, layers, ids) : undefined,
      parts.dependencies ? readDependencies(trip, layers, ids) : undefined,
      parts.counts ? countDependents(trip, layers, ids) : undefined,
      parts.counts ? countComments(trip, layers, ids) : undefined,
    ]),
  );
  return rows.map(({ row }) => {
    const id = String(row['id']);
    const own = dependencies?.get(id) ?? [];
    const parent = parentOf(own);
    return {
      ...(parts.fields ? decodeIssue : decodeLine)(row, { labels: labels?.get(id) ?? [], dependencies: own }),
      dependency_count: own.filter(({ type }) => type === 'blocks').length,
      dependent_count: dependents?.get(id) ?? 0,
      comment_count: comments?.get(id) ?? 0,
      ...(parent === undefined ? {} : { parent }),
    };
  });
}

/** The parent that the dependencies of an issue name. */
export function parentOf(dependencies: readonly Dependency[]): string | undefined {
  return dependencies.find(({ type }) => type === 'parent-child')?.depends_on_id;
}
