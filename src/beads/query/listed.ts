import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable } from '../../database/types.ts';
import type { Dependency, Issue } from '../issue.ts';
import { decodeIssue, decodeLine, LINE_COLUMNS } from '../issue-row.ts';
import type { Layer } from './layers.ts';
import { findPage, type PagedRow, type PageRequest, readFound, readPage } from './page.ts';
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

/** Some issues, and whether a limit hid others that fit as well. */
export interface ListResult {
  readonly issues: readonly ListedIssue[];
  readonly more: boolean;
}

/** Reads a page with what is to be shown of its issues. Counts that were not asked for are 0. */
export async function readListed(
  db: Queryable,
  layers: readonly Layer[],
  request: Omit<PageRequest, 'columns'>,
  parts: ListedParts = ALL_PARTS,
): Promise<ListResult> {
  const asked = parts.fields ? request : { ...request, columns: LINE_COLUMNS };
  if (request.limit === 0) {
    const { rows, more } = await readPage(db, layers, asked);
    const ids = rows.map(({ row }) => String(row['id']));
    return { issues: complete(rows, await readParts(db, layers, ids, parts), parts), more };
  }
  const found = await findPage(db, layers, asked);
  // The ids are known: what belongs to them need not wait for their rows.
  const [page, read] = await inOneTrip(db, (trip) =>
    Promise.all([readFound(trip, found, asked), readParts(trip, layers, [...found.values()].flat(), parts)]),
  );
  return { issues: complete(page.rows, read, parts), more: page.more };
}

type ReadParts = Awaited<ReturnType<typeof readParts>>;

function readParts(db: Queryable, layers: readonly Layer[], ids: readonly string[], parts: ListedParts) {
  return inOneTrip(db, (trip) =>
    Promise.all([
      parts.labels ? readLabels(trip, layers, ids) : undefined,
      parts.dependencies ? readDependencies(trip, layers, ids) : undefined,
      parts.counts ? countDependents(trip, layers, ids) : undefined,
      parts.counts ? countComments(trip, layers, ids) : undefined,
    ]),
  );
}

function complete(rows: readonly PagedRow[], read: ReadParts, parts: ListedParts): ListedIssue[] {
  const [labels, dependencies, dependents, comments] = read;
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
