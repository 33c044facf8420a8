import type { BeadsContext } from '../context.ts';
import { LINE_COLUMNS } from '../issue-row.ts';
import type { IssueFilter, SortKey } from './filter.ts';
import { readKnownWords } from './known-words.ts';
import { readLayers } from './layers.ts';
import { type ListResult, resolvedFilter } from './list.ts';
import { ALL_PARTS, completeRows, type ListedParts } from './listed.ts';
import { readPage } from './page.ts';

export interface SearchOptions {
  /** Part of a title or an id, any case; or part of an external reference. */
  query: string;
  filter?: IssueFilter;
  /** Also closed issues. */
  all?: boolean;
  sort?: SortKey;
  reverse?: boolean;
  /** How many at most; 0 means all. Default 50. */
  limit?: number;
  parts?: ListedParts;
}

const DEFAULT_LIMIT = 50;

/**
 * Searches titles, ids and external references. Closed issues are left out unless asked for.
 *
 * @throws AppError VALIDATION for a status or type that this database does not know
 * @example const { issues } = await searchIssues(ctx, { query: 'login' });
 */
export async function searchIssues(ctx: BeadsContext, options: SearchOptions): Promise<ListResult> {
  const filter = await resolvedFilter(ctx, options.filter ?? {}, await readKnownWords(ctx.db, ctx));
  const layers = await readLayers(ctx.db);
  const page = await readPage(ctx.db, layers, {
    filter: {
      ...filter,
      search: options.query,
      ...(options.all || filter.statuses ? {} : { excludeStatuses: ['closed'] }),
    },
    sort: options.sort ?? 'priority',
    reverse: options.reverse ?? false,
    limit: options.limit ?? DEFAULT_LIMIT,
    ...((options.parts ?? ALL_PARTS).fields ? {} : { columns: LINE_COLUMNS }),
    now: ctx.now(),
  });
  return { issues: await completeRows(ctx.db, layers, page.rows, options.parts ?? ALL_PARTS), more: page.more };
}
