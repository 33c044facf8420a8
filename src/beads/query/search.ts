import { inOneTrip } from '../../database/round-trip.ts';
import type { BeadsContext } from '../context.ts';
import type { IssueFilter, SortKey } from './filter.ts';
import { readKnownWords } from './known-words.ts';
import { readLayers } from './layers.ts';
import { resolvedFilter } from './list.ts';
import { type ListedParts, type ListResult, readListed } from './listed.ts';

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
  const [words, layers] = await inOneTrip(ctx.db, (trip) => Promise.all([readKnownWords(trip, ctx), readLayers(trip)]));
  const filter = await resolvedFilter(ctx, options.filter ?? {}, words);
  const request = {
    filter: {
      ...filter,
      search: options.query,
      ...(options.all || filter.statuses ? {} : { excludeStatuses: ['closed'] }),
    },
    sort: options.sort ?? 'priority',
    reverse: options.reverse ?? false,
    limit: options.limit ?? DEFAULT_LIMIT,
    now: ctx.now(),
  };
  return readListed(ctx.db, layers, request, options.parts);
}
