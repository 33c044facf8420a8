import type { Queryable } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { NOT_WORK_TYPES } from '../vocabulary.ts';
import { type Blocking, readBlocking } from './blocking.ts';
import { descendantIds } from './descendants.ts';
import type { IssueFilter } from './filter.ts';
import { readKnownWords } from './known-words.ts';
import { HISTORY_ONLY, readLayers } from './layers.ts';
import { checkedFilter } from './list.ts';
import { type ListedParts, type ListResult, readListed } from './listed.ts';

export interface ReadyOptions {
  /** Narrows the work. Statuses are not part of it: ready work is open. */
  filter?: Omit<IssueFilter, 'statuses' | 'ids'>;
  /** Only what lies under this issue, at any depth: a whole id. */
  under?: string;
  /** Also what is put off to a later time. */
  includeDeferred?: boolean;
  includeEphemeral?: boolean;
  sort?: 'priority' | 'hybrid' | 'oldest';
  /** How many at most; 0 means all. Default 100. */
  limit?: number;
  parts?: ListedParts;
}

export type ReadyResult = ListResult;

const DEFAULT_LIMIT = 100;

/**
 * The work that can be taken now: open, not pinned, of a type that is work, not put off, not
 * blocked, and not a child of an issue that is blocked or put off.
 *
 * @example const { issues } = await readyWork(ctx, { filter: { unassigned: true }, limit: 1 });
 */
export async function readyWork(ctx: BeadsContext, options: ReadyOptions = {}): Promise<ReadyResult> {
  const layers = await readLayers(ctx.db);
  const now = ctx.now();
  const blocking = await readBlocking(ctx.db, layers, now);
  const ids = options.under === undefined ? undefined : await descendantIds(ctx.db, layers, options.under);
  const request = {
    filter: { ...(await readyFilter(ctx, options)), ...(ids ? { ids } : {}) },
    sort: options.sort ?? 'priority',
    limit: options.limit ?? DEFAULT_LIMIT,
    now,
    skip: heldBack(blocking, options),
  };
  return readListed(ctx.db, layers, request, options.parts);
}

/** What `readyWork` asks first, if there are no wisps: for who opens the database to show it. */
export function asksForReady(db: Queryable): unknown {
  return Promise.all([readLayers(db), readBlocking(db, HISTORY_ONLY, new Date())]);
}

/** What ready work looks like, but for what is held back. */
export async function readyFilter(ctx: BeadsContext, options: ReadyOptions): Promise<IssueFilter> {
  const given = options.filter ?? {};
  // The names of types are read only where there are some to check.
  const asked = given.types ?? given.excludeTypes;
  const filter = asked ? checkedFilter(given, await readKnownWords(ctx.db, ctx)) : given;
  return {
    ...filter,
    statuses: ['open'],
    pinned: false,
    ...(options.includeEphemeral ? {} : { ephemeral: false }),
    ...(options.includeDeferred ? {} : { awake: true }),
    ...(filter.types ? {} : { excludeTypes: [...NOT_WORK_TYPES, ...(filter.excludeTypes ?? [])] }),
  };
}

/** The ids that are never ready. */
export function heldBack(blocking: Blocking, options: Pick<ReadyOptions, 'includeDeferred'>): ReadonlySet<string> {
  return options.includeDeferred ? blocking.heldBack : new Set([...blocking.heldBack, ...blocking.parentDeferred]);
}
