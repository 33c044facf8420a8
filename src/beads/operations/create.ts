import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { requireValidId } from '../ids/explicit-id.ts';
import { countIssues, countRows, type IssueCounts } from '../ids/new-ids.ts';
import type { Issue } from '../issue.ts';
import { readSettings, readStoredSettings, type Settings } from '../settings.ts';
import { write } from '../write/write.ts';
import { findParents, insertDrafts } from './insert-drafts.ts';
import { type Draft, draftIssue, type NewIssue } from './new-issue.ts';

/**
 * Creates an issue, with its labels and dependencies, in one transaction.
 *
 * @returns the issue as it was written, without labels and dependencies
 * @throws AppError VALIDATION, NOT_FOUND (parent, dependency), ALREADY_EXISTS (id), READ_ONLY, …
 * @example const issue = await createIssue(ctx, { title: 'Fix login', priority: 1, labels: ['ui'] });
 */
export async function createIssue(ctx: BeadsContext, input: NewIssue): Promise<Issue> {
  const [issue] = await createIssues(ctx, [input]);
  if (!issue) throw new Error('one issue was to be created');
  return issue;
}

/** Creates several issues, all or none, in the order given. See {@link createIssue}. */
export async function createIssues(ctx: BeadsContext, inputs: readonly NewIssue[]): Promise<Issue[]> {
  // Read before the write turn is taken: other writers need not wait for this.
  const settings = await inOneTrip(ctx.db, async (trip) => {
    const asking = { ...ctx, db: trip };
    // Most need the number, which the settings tell for certain.
    const [known] = await Promise.all([readSettings(asking), countIssues(asking, false)]);
    return known;
  });
  const drafts = inputs.map((input) => draftIssue(input, settings, ctx));
  const counts = await countsFor(ctx, settings, drafts);
  return write(ctx, 'create', (w) => insertDrafts(w, settings, drafts, counts));
}

/** What `createIssues` asks first: for who opens the database to create some. */
export function asksToCreate(db: Queryable): unknown {
  return Promise.all([readStoredSettings(db), countRows(db, 'issues')]);
}

/** The issue that {@link createIssue} would make: all checks, no write, an empty id. */
export async function previewIssue(ctx: BeadsContext, input: NewIssue): Promise<Issue> {
  const [issue] = await previewIssues(ctx, [input]);
  if (!issue) throw new Error('one issue was to be shown');
  return issue;
}

/** The issues that {@link createIssues} would make. See {@link previewIssue}. */
export async function previewIssues(ctx: BeadsContext, inputs: readonly NewIssue[]): Promise<Issue[]> {
  const settings = await readSettings(ctx);
  const drafts = inputs.map((input) => draftIssue(input, settings, ctx));
  for (const { id, force } of inputs) {
    if (id !== undefined) requireValidId(id, settings.prefixes, { force: force ?? false });
  }
  await findParents(
    ctx.db,
    inputs.flatMap(({ parent }) => parent ?? []),
  );
  return drafts.map(({ issue, input }) => ({
    ...issue,
    id: input.id ?? '',
    created_at: ZERO_TIME,
    updated_at: ZERO_TIME,
  }));
}

const ZERO_TIME = '0001-01-01T00:00:00Z';

async function countsFor(ctx: BeadsContext, settings: Settings, drafts: readonly Draft[]): Promise<IssueCounts> {
  const hashed = drafts.filter(({ input }) => input.id === undefined && input.parent === undefined);
  const needs = (wisp: boolean) => hashed.some((draft) => draft.wisp === wisp && (wisp || settings.idMode === 'hash'));
  return {
    issues: needs(false) ? await countIssues(ctx, false) : 0,
    wisps: needs(true) ? await countIssues(ctx, true) : 0,
  };
}
