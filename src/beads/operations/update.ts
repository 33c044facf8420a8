import type { SqlParameter } from '../../database/types.ts';
import { AppError, withContext } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { resolveId, resolveIds } from '../ids/resolve.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { type Found, findIssues, loadLabels } from '../lookup.ts';
import { readSettings, requireStatus, requireType, type Settings } from '../settings.ts';
import { normalizeType } from '../vocabulary.ts';
import { eventJson } from '../write/events.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';
import { applyColumns } from './apply-columns.ts';
import { claimFound } from './claim.ts';
import { closeRefusals } from './close-guards.ts';
import { CHANGED_FIELDS, requireFields } from './given-fields.ts';
import { type ChangePlan, type FieldChanges, planChanges } from './issue-changes.ts';
import { normalizeLabels } from './label-names.ts';
import { deleteLabels, insertLabels } from './labels.ts';
import { moveIssue } from './move.ts';
import { setParent } from './parent.ts';

/** What `updateIssues` changes. */
export interface IssueChanges extends FieldChanges {
  add_labels?: readonly string[];
  remove_labels?: readonly string[];
  /** Exactly these labels. */
  set_labels?: readonly string[];
  /** A new parent; empty: none. */
  parent?: string;
  /** Take the issue first, see `claimIssue`. */
  claim?: boolean;
  /** Keep it out of Dolt's history (true) or in it (false). */
  ephemeral?: boolean;
  no_history?: boolean;
}

/** What became of several issues. */
export interface UpdateResult {
  /** The issues that were found and allowed to change, as they are now, with labels. */
  readonly updated: Issue[];
  /** One error for each id that was not. */
  readonly failures: AppError[];
}

/**
 * Changes issues, in one write. An id that is not found or a claim that is lost is a failure of that
 * issue only; a value that is not allowed is an error and nothing is changed. What has the new value
 * already is left alone: no event, no new `updated_at`.
 *
 * @throws AppError VALIDATION, READ_ONLY, …
 * @example const { updated, failures } = await updateIssues(ctx, ['hm-a1'], { status: 'in_progress' });
 */
export async function updateIssues(
  ctx: BeadsContext,
  inputs: readonly string[],
  changes: IssueChanges,
): Promise<UpdateResult> {
  const settings = await readSettings(ctx);
  const checked = checkChanges(changes, settings);
  return write(ctx, 'update', async (w) => {
    const failures: AppError[] = [];
    const found: Found[] = [];
    for (const [index, each] of (await findIssues(w.tx, inputs)).entries()) {
      if (each instanceof AppError) failures.push(withContext(each, `resolving ${inputs[index]}`));
      else if (!found.some(({ id }) => id === each.id)) found.push(each);
    }
    const claimed = changes.claim ? await claimEach(w, found, failures) : found;
    const allowed = checked.status === 'closed' ? await mayClose(w, claimed, failures) : claimed;
    const moved = await moveEach(w, allowed, checked, settings);
    const plans = moved.map((each) => planChanges(each.found.issue, checked, w.now));
    const rows = moved.map(({ found: each, columns }, index) => ({
      found: each,
      columns: { ...plans[index]?.columns, ...columns },
    }));
    const after = await applyColumns(w, rows);
    for (const [index, row] of rows.entries()) recordUpdate(w, row.found, row.columns, plans[index]);
    await changeLabels(w, after, checked);
    if (checked.parent !== undefined) await changeParent(w, after, checked.parent);
    for (const { id } of after) w.touch(id);
    const labels = await loadLabels(w.tx, after);
    return { updated: after.map(({ id, row }) => decodeIssue(row, { labels: labels.get(id) ?? [] })), failures };
  });
}

/**
 * The ids that no issue has, for a caller that has nothing to change.
 *
 * @returns one error for each, as in {@link UpdateResult}
 */
export async function unknownIds(ctx: BeadsContext, inputs: readonly string[]): Promise<AppError[]> {
  const resolved = await resolveIds(ctx.db, inputs);
  return resolved.flatMap((each, index) =>
    each instanceof AppError ? withContext(each, `resolving ${inputs[index]}`) : [],
  );
}

/** Whether the changes change anything at all. */
export function isNoChange(changes: IssueChanges): boolean {
  return Object.entries(changes).every(
    ([name, value]) =>
      value === undefined ||
      (name === 'claim' && value === false) ||
      // No labels at all is a set of labels.
      (name !== 'set_labels' && Array.isArray(value) && value.length === 0),
  );
}

function checkChanges(changes: IssueChanges, settings: Settings): IssueChanges {
  requireFields('a change', changes, CHANGED_FIELDS);
  if (changes.status !== undefined) requireStatus(changes.status, settings);
  const type = changes.issue_type === undefined ? undefined : normalizeType(changes.issue_type);
  if (type !== undefined) requireType(type, settings);
  return {
    ...changes,
    ...(type === undefined ? {} : { issue_type: type }),
    ...(changes.add_labels ? { add_labels: normalizeLabels(changes.add_labels) } : {}),
    ...(changes.set_labels ? { set_labels: normalizeLabels(changes.set_labels) } : {}),
  };
}

async function claimEach(w: Writing, found: readonly Found[], failures: AppError[]): Promise<Found[]> {
  const claimed: Found[] = [];
  for (const each of found) {
    try {
      claimed.push(await claimFound(w, each));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'CONFLICT') throw error;
      failures.push(error);
    }
  }
  return claimed;
}

/** What `closeIssues` would refuse is not closed this way either. */
async function mayClose(w: Writing, found: readonly Found[], failures: AppError[]): Promise<Found[]> {
  const refusals = await closeRefusals(
    w,
    found.filter(({ issue }) => issue.status !== 'closed'),
  );
  for (const [id, { code, message }] of refusals) {
    const text = message.replace(/ (?:or use --force to override|\(use --force to override\))$/, '');
    failures.push(new AppError(code, text, { hint: `bd close ${id} --force` }));
  }
  return found.filter(({ id }) => !refusals.has(id));
}

/** Moves issues to the tables where their flags want them. */
async function moveEach(
  w: Writing,
  found: readonly Found[],
  changes: IssueChanges,
  settings: Settings,
): Promise<{ found: Found; columns: Record<string, SqlParameter> }[]> {
  const infrastructure = settings.infraTypes.includes(changes.issue_type ?? '');
  const result: { found: Found; columns: Record<string, SqlParameter> }[] = [];
  for (const each of found) {
    const ephemeral = infrastructure || (changes.ephemeral ?? each.issue.ephemeral ?? false);
    const noHistory = changes.no_history ?? each.issue.no_history ?? false;
    const columns: Record<string, SqlParameter> = {};
    if (ephemeral !== (each.issue.ephemeral ?? false)) columns['ephemeral'] = ephemeral;
    if (noHistory !== (each.issue.no_history ?? false)) columns['no_history'] = noHistory;
    const moves = Object.keys(columns).length > 0;
    result.push({ found: moves ? await moveIssue(w, each, ephemeral || noHistory) : each, columns });
  }
  return result;
}

function recordUpdate(
  w: Writing,
  { id, wisp, issue }: Found,
  columns: Readonly<Record<string, SqlParameter>>,
  plan: ChangePlan | undefined,
): void {
  if (Object.keys(columns).length === 0) return;
  w.event({
    issueId: id,
    wisp,
    type: plan?.event ?? 'updated',
    oldValue: eventJson(issue),
    newValue: eventJson(columns),
  });
  w.did('update', id);
}

async function changeLabels(w: Writing, found: readonly Found[], changes: IssueChanges): Promise<void> {
  const { add_labels: add = [], remove_labels: remove = [], set_labels: set } = changes;
  const pairs = (labels: readonly string[]) =>
    found.flatMap(({ id, wisp }) => labels.map((label) => ({ id, wisp, label })));
  const changed: { id: string }[] = [];
  if (set) {
    const before = await loadLabels(w.tx, found);
    const surplus = found.flatMap(({ id, wisp }) =>
      (before.get(id) ?? []).filter((label) => !set.includes(label)).map((label) => ({ id, wisp, label })),
    );
    changed.push(...(await deleteLabels(w, surplus)));
  }
  changed.push(...(await insertLabels(w, pairs([...(set ?? []), ...add]), true)));
  changed.push(...(await deleteLabels(w, pairs(remove.map((label) => label.trim())))));
  if (changed.length > 0) w.did('update', ...changed.map(({ id }) => id));
}

async function changeParent(w: Writing, found: readonly Found[], input: string): Promise<void> {
  const parent = input === '' ? undefined : await resolveId(w.tx, input);
  for (const { id, wisp, issue } of found) {
    await setParent(w, { id, wisp, title: issue.title, type: issue.issue_type, status: issue.status }, parent);
  }
}
