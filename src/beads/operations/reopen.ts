import { AppError, withContext } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { requireFits } from '../field-limits.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { type Found, findIssues, loadLabels } from '../lookup.ts';
import { eventJson } from '../write/events.ts';
import { write } from '../write/write.ts';
import { applyColumns } from './apply-columns.ts';

export interface ReopenResult {
  /** The issues that were reopened, with labels. */
  readonly reopened: Issue[];
  /** Ids of issues that were open already. */
  readonly alreadyOpen: string[];
  readonly failures: AppError[];
}

/**
 * Opens issues again: no longer closed and no longer put off. The reason becomes an event.
 *
 * @example await reopenIssues(ctx, ['hm-a1'], { reason: 'it came back' });
 */
export async function reopenIssues(
  ctx: BeadsContext,
  inputs: readonly string[],
  options: { reason?: string } = {},
): Promise<ReopenResult> {
  const { reason = '' } = options;
  requireFits('reason', reason);
  return write(ctx, 'reopen', async (w) => {
    const failures: AppError[] = [];
    const found: Found[] = [];
    for (const [index, each] of (await findIssues(w.tx, inputs)).entries()) {
      if (each instanceof AppError) failures.push(withContext(each, `resolving ${inputs[index]}`));
      else if (!found.some(({ id }) => id === each.id)) found.push(each);
    }
    const closed = found.filter(({ issue }) => issue.status !== 'open');
    const columns = { status: 'open', closed_at: null, close_reason: '', closed_by_session: '', defer_until: null };
    const changes = closed.map((each) => ({ found: each, columns }));
    const after = await applyColumns(w, changes, reason || undefined);
    for (const { id, wisp, issue } of closed) {
      w.event({
        issueId: id,
        wisp,
        type: 'reopened',
        oldValue: eventJson(issue),
        newValue: eventJson({ status: 'open' }),
      });
      if (reason !== '') w.event({ issueId: id, wisp, type: 'commented', comment: reason });
      w.did('reopen', id);
      w.touch(id);
    }
    const labels = await loadLabels(w.tx, after);
    return {
      reopened: after.map(({ id, row }) => decodeIssue(row, { labels: labels.get(id) ?? [] })),
      alreadyOpen: found.filter(({ issue }) => issue.status === 'open').map(({ id }) => id),
      failures,
    };
  });
}
