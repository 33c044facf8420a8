import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { type Found, findIssue } from '../lookup.ts';
import { tablesOf } from '../tables.ts';
import { eventJson } from '../write/events.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';
import { withColumns } from './apply-columns.ts';

/**
 * Takes an open issue for the actor: assignee, `in_progress`, started now. Of any number who try at
 * the same time, one gets it. Doing it again is no error for the one who has it.
 *
 * @throws AppError NOT_FOUND, CONFLICT (somebody else has it, or it is not open)
 * @example const issue = await claimIssue(ctx, 'hm-a1');
 */
export function claimIssue(ctx: BeadsContext, input: string): Promise<Issue> {
  return write(ctx, 'claim', async (w) => (await claimFound(w, await findIssue(w.tx, input))).issue);
}

/**
 * The claim of one issue within a write. The condition is in the statement too: what this
 * transaction read may have changed by then.
 *
 * @throws AppError CONFLICT
 */
export async function claimFound(w: Writing, found: Found): Promise<Found> {
  const { issue } = found;
  const { actor } = w.ctx;
  if (issue.status === 'in_progress' && issue.assignee === actor) return found;
  if (issue.assignee !== undefined && issue.assignee !== actor) {
    throw new AppError('CONFLICT', `claiming ${issue.id}: issue already claimed by ${issue.assignee}`);
  }
  if (issue.status !== 'open') {
    throw new AppError('CONFLICT', `claiming ${issue.id}: only open issues can be claimed, status ${issue.status}`);
  }
  const columns = {
    assignee: actor,
    status: 'in_progress',
    ...(issue.started_at === undefined ? { started_at: w.now } : {}),
  };
  const { issues } = tablesOf(found.wisp);
  const changed = await w.tx.execute(
    `UPDATE ${issues} SET assignee = ?, status = 'in_progress', started_at = COALESCE(started_at, ?), updated_at = ? WHERE id = ? AND status = 'open' AND (assignee IS NULL OR assignee = '' OR assignee = ?)`,
    [actor, w.now, w.now, issue.id, actor],
  );
  if (changed !== 1) throw new AppError('CONFLICT', `claiming ${issue.id}: somebody else was faster`);
  w.changed(issues);
  w.event({
    issueId: issue.id,
    wisp: found.wisp,
    type: 'claimed',
    oldValue: eventJson(issue),
    newValue: JSON.stringify({ assignee: actor, status: 'in_progress' }),
  });
  w.fieldChange({ issueId: issue.id, field: 'status', oldValue: 'open', newValue: 'in_progress' });
  w.fieldChange({ issueId: issue.id, field: 'assignee', oldValue: issue.assignee ?? '', newValue: actor });
  w.did('claim', issue.id);
  w.touch(issue.id);
  return withColumns(found, columns, w.now);
}
