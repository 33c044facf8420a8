import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { resolveId } from '../ids/resolve.ts';
import { NOT_WORK_TYPES } from '../vocabulary.ts';
import { type Blocking, readBlocking } from './blocking.ts';
import type { IssueFilter, SortKey } from './filter.ts';
import { type KnownWords, knownStatuses, knownTypes, readKnownWords } from './known-words.ts';
import { readLayers } from './layers.ts';
import { type ListedParts, type ListResult, readListed } from './listed.ts';

export interface ListOptions {
  filter?: IssueFilter;
  /** Also closed, pinned and finished issues. */
  all?: boolean;
  includeGates?: boolean;
  includeInfra?: boolean;
  includeTemplates?: boolean;
  /** Only what can be worked on now; see `readyWork`. */
  ready?: boolean;
  sort?: SortKey;
  reverse?: boolean;
  /** How many at most; 0 means all. Default 50. */
  limit?: number;
  /** What to read of each issue beside its row. Default everything. */
  parts?: ListedParts;
}

const DEFAULT_LIMIT = 50;

/**
 * Lists issues. Unless the filter names statuses, what is closed, pinned, or in a custom status that
 * means done or frozen is left out, and so are templates, gates and infrastructure.
 *
 * @throws AppError VALIDATION for a status or type that this database does not know
 * @example const { issues } = await listIssues(ctx, { filter: { labels: ['ui'] }, limit: 0 });
 */
export async function listIssues(ctx: BeadsContext, options: ListOptions = {}): Promise<ListResult> {
  const [words, layers] = await inOneTrip(ctx.db, (trip) => Promise.all([readKnownWords(trip, ctx), readLayers(trip)]));
  const now = ctx.now();
  const given = { ...options, filter: await resolvedFilter(ctx, options.filter ?? {}, words) };
  const request = {
    filter: options.ready ? { ...withDefaults(given, words), ...READY } : withDefaults(given, words),
    sort: options.sort ?? 'priority',
    reverse: options.reverse ?? false,
    limit: options.limit ?? DEFAULT_LIMIT,
    now,
    ...(options.ready ? { skip: notReady(await readBlocking(ctx.db, layers, now)) } : {}),
  };
  return readListed(ctx.db, layers, request, options.parts);
}

/** What `listIssues` and `searchIssues` ask first: for who opens the database to show their issues. */
export function asksToList(db: Queryable): unknown {
  return Promise.all([readKnownWords(db, { setting: () => undefined }), readLayers(db)]);
}

/** The filter with what lists leave out by themselves. */
export function withDefaults(options: ListOptions, words: KnownWords): IssueFilter {
  const filter = options.filter ?? {};
  const anyStatus = options.all || filter.statuses !== undefined;
  const types = [
    ...(options.includeGates ? [] : ['gate']),
    ...(options.includeInfra ? [] : words.infraTypes),
    ...(options.ready ? NOT_WORK_TYPES : []),
    ...(filter.excludeTypes ?? []),
  ];
  return {
    ...filter,
    ...(anyStatus || filter.pinned !== undefined ? {} : { pinned: false }),
    ...(anyStatus ? {} : { excludeStatuses: hiddenStatuses(filter, words) }),
    ...(options.includeTemplates || filter.templates !== undefined ? {} : { templates: false }),
    ...(filter.types || types.length === 0 ? {} : { excludeTypes: types }),
  };
}

/** The filter with statuses and types checked and in their one spelling. */
export function checkedFilter(filter: IssueFilter, words: KnownWords): IssueFilter {
  return {
    ...filter,
    ...(filter.statuses ? { statuses: knownStatuses(filter.statuses, words) } : {}),
    ...(filter.types ? { types: knownTypes(filter.types, words) } : {}),
    ...(filter.excludeTypes ? { excludeTypes: knownTypes(filter.excludeTypes, words) } : {}),
  };
}

/** The checked filter with a whole id of its parent. */
export async function resolvedFilter(ctx: BeadsContext, filter: IssueFilter, words: KnownWords): Promise<IssueFilter> {
  const checked = checkedFilter(filter, words);
  return filter.parent === undefined ? checked : { ...checked, parent: (await resolveId(ctx.db, filter.parent)).id };
}

const READY: IssueFilter = { statuses: ['open'], pinned: false, ephemeral: false, awake: true };

function notReady(blocking: Blocking): ReadonlySet<string> {
  return new Set([...blocking.heldBack, ...blocking.parentDeferred]);
}

function hiddenStatuses(filter: IssueFilter, words: KnownWords): string[] {
  const custom = [...words.customStatuses].filter(([, category]) => category === 'done' || category === 'frozen');
  const builtIn = filter.pinned ? ['closed'] : ['closed', 'pinned'];
  return [...builtIn, ...custom.map(([name]) => name), ...(filter.excludeStatuses ?? [])];
}
