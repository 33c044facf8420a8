import { AppError, withContext } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { requireFits } from '../field-limits.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { type Found, findIssues, loadLabels, reloadIssues } from '../lookup.ts';
import { missingSections } from '../required-sections.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';
import { applyColumns } from './apply-columns.ts';
import { unblockedBy } from './blockers.ts';
import { claimNext } from './claim-next.ts';
import { closeRefusals } from './close-guards.ts';
import { type Advance, advanceMolecule } from './molecule-advance.ts';

export interface CloseOptions {
  /** Why; default `Closed`. */
  reason?: string;
  /** The agent's session. */
  session?: string;
  /** Close also what is pinned, blocked, or has open children. */
  force?: boolean;
  /** Report which issues wait for nothing any more. */
  suggestNext?: boolean;
  /** Take the next ready issue for the actor. */
  claimNext?: boolean;
  /** Go on with the next step of the molecule: take it, or only name it (`show`). */
  advance?: 'claim' | 'show';
}

export interface CloseResult {
  /** The issues that are closed now, with labels; also those that were closed before. */
  readonly closed: Issue[];
  /** Ids of those that were closed before, and are left as they were. */
  readonly alreadyClosed: string[];
  /** One error for each id that is not. */
  readonly failures: AppError[];
  readonly unblocked?: Issue[];
  readonly claimed?: Issue;
  readonly advance?: Advance;
}

/**
 * Closes issues in one write. An id that is not found, or an issue that must not be closed yet, is a
 * failure of that one only. Closing a closed issue changes nothing and is no error.
 *
 * @example const { closed, failures } = await closeIssues(ctx, ['hm-a1'], { reason: 'done' });
 */
export async function closeIssues(
  ctx: BeadsContext,
  inputs: readonly string[],
  options: CloseOptions = {},
): Promise<CloseResult> {
  const reason = options.reason || 'Closed';
  requireFits('close_reason', reason);
  requireFits('closed_by_session', options.session ?? '');
  return write(ctx, 'close', async (w) => {
    const failures: AppError[] = [];
    const found: Found[] = [];
    for (const [index, each] of (await findIssues(w.tx, inputs)).entries()) {
      if (each instanceof AppError) failures.push(withContext(each, `resolving ID ${inputs[index]}`));
      else if (!found.some(({ id }) => id === each.id)) found.push(each);
    }
    const open = found.filter(({ issue }) => issue.status !== 'closed');
    const refusals = options.force ? new Map<string, AppError>() : await closeRefusals(w, open);
    if (!options.force && ctx.setting('validation.on-close') === 'error') refuseIncomplete(open, refusals);
    failures.push(...open.flatMap(({ id }) => refusals.get(id) ?? []));
    const closed = await closeFound(
      w,
      open.filter(({ id }) => !refusals.has(id)),
      reason,
      options.session,
    );
    const before = found.filter(({ issue }) => issue.status === 'closed');
    const byId = new Map([...before, ...closed].map((each) => [each.id, each]));
    const result = found.flatMap(({ id }) => byId.get(id) ?? []);
    const labels = await loadLabels(w.tx, result);
    return {
      closed: result.map(({ id, row }) => decodeIssue(row, { labels: labels.get(id) ?? [] })),
      alreadyClosed: before.map(({ id }) => id),
      failures,
      ...(await followUp(w, closed, options)),
    };
  });
}

/** `validation.on-close: error`: an issue without the sections of its type is not done. */
function refuseIncomplete(open: readonly Found[], refusals: Map<string, AppError>): void {
  for (const { id, issue } of open) {
    const missing = missingSections(issue);
    if (missing.length === 0 || refusals.has(id)) continue;
    const text = `cannot close ${id}: missing required sections for ${issue.issue_type}: ${missing.join(', ')}`;
    refusals.set(id, new AppError('VALIDATION', `${text} (use --force to override)`));
  }
}

/** Closes open issues, whatever holds them. */
export async function closeFound(
  w: Writing,
  open: readonly Found[],
  reason: string,
  session: string | undefined,
): Promise<Found[]> {
  const closed = await applyColumns(
    w,
    open.map((found) => ({
      found,
      columns: {
        status: 'closed',
        closed_at: w.now,
        close_reason: reason,
        closed_by_session: session ?? '',
        ...(found.issue.pinned ? { pinned: false } : {}),
      },
    })),
    reason,
  );
  for (const { id, wisp } of open) {
    w.event({ issueId: id, wisp, type: 'closed', oldValue: '', newValue: reason });
    w.did('close', id);
    w.touch(id);
  }
  return closed;
}

async function followUp(
  w: Writing,
  closed: readonly Found[],
  options: CloseOptions,
): Promise<Pick<CloseResult, 'unblocked' | 'claimed' | 'advance'>> {
  if (closed.length === 0) return {};
  const ids = closed.map(({ id }) => id);
  const result: { unblocked?: Issue[]; claimed?: Issue; advance?: Advance } = {};
  if (options.suggestNext) {
    const refs = await unblockedBy(w.tx, ids);
    if (refs.length > 0)
      result.unblocked = await reloadIssues(
        w.tx,
        refs.map(({ id }) => id),
      );
  }
  const [first] = closed;
  if (options.advance && first) {
    const advance = await advanceMolecule(w, first, options.advance === 'claim');
    if (advance) result.advance = advance;
  }
  if (options.claimNext) {
    const claimed = await claimNext(w);
    if (claimed) result.claimed = claimed;
  }
  return result;
}
