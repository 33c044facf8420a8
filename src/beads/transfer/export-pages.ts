import type { Queryable, Row } from '../../database/types.ts';
import type { Comment, Dependency } from '../issue.ts';
import { issueColumns } from '../issue-row.ts';
import type { Layer } from '../query/layers.ts';
import { readComments, readDependencies, readLabels } from '../query/related.ts';
import { raw, run, sql } from '../query/sql.ts';

/** Some issues with all that belongs to them, in the order of their ids. */
export interface ExportPage {
  readonly rows: readonly Row[];
  readonly labels: ReadonlyMap<string, string[]>;
  readonly dependencies: ReadonlyMap<string, Dependency[]>;
  readonly comments: ReadonlyMap<string, Comment[]>;
}

/** Issues that are read together at most. */
const PAGE = 500;
/** Characters that a page is to have, as far as the page before it tells. */
const PAGE_CHARACTERS = 500_000;

/**
 * Reads the issues of one layer in the order of their ids, which is the one that Dolt keeps them in:
 * looked up by any other order, each takes four times as long at 100,000 issues.
 *
 * @param all the layers that labels, dependencies and comments may lie in
 */
export async function* pagesById(db: Queryable, layer: Layer, all: readonly Layer[]): AsyncGenerator<ExportPage> {
  let size = PAGE / 20;
  let after = '';
  let rows = await issuesAfter(db, layer, after, size);
  while (rows.length > 0) {
    const to = String(rows.at(-1)?.['id']);
    const range = { after, to };
    const related = Promise.all([
      readLabels(db, all, range),
      readDependencies(db, all, range),
      readComments(db, all, range),
    ]);
    // Dolt reads on while the caller works on this page.
    const isLast = rows.length < size;
    size = Math.min(PAGE, Math.ceil((PAGE_CHARACTERS / (charactersOf(rows) + 1)) * rows.length));
    const next = isLast ? Promise.resolve([]) : issuesAfter(db, layer, to, size);
    // Its error is told when its turn comes, if no other comes before.
    next.catch(() => undefined);
    const [labels, dependencies, comments] = await related;
    yield { rows, labels, dependencies, comments };
    rows = await next;
    after = to;
  }
}

function issuesAfter(db: Queryable, layer: Layer, after: string, size: number): Promise<Row[]> {
  return run(
    db,
    sql`SELECT ${raw(issueColumns())} FROM ${raw(layer.issues)} WHERE id > ${after} ORDER BY id LIMIT ${raw(String(size))}`,
  );
}

function charactersOf(rows: readonly Row[]): number {
  let sum = 0;
  for (const row of rows) {
    for (const name in row) {
      const value = row[name];
      if (typeof value === 'string') sum += value.length;
    }
  }
  return sum;
}
