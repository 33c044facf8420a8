import { AppError } from '../../errors.ts';
import type { Found } from '../lookup.ts';
import type { Writing } from '../write/record.ts';
import { openBlockers, openChildren } from './blockers.ts';

/**
 * Which issues must not be closed yet: pinned ones, gates whose timer runs, those that wait for open
 * issues, epics with open children. What is closed in the same write holds nothing back.
 */
export async function closeRefusals(w: Writing, found: readonly Found[]): Promise<Map<string, AppError>> {
  const refusals = new Map<string, AppError>();
  for (const each of found) {
    const refusal = refusalOf(each, w.ctx.now());
    if (refusal) refusals.set(each.id, refusal);
  }
  const blockers = await openBlockers(
    w.tx,
    found.map(({ id }) => id),
  );
  const epics = found.filter(({ issue }) => issue.issue_type === 'epic').map(({ id }) => id);
  const children = await openChildren(w.tx, epics);
  // A refused issue stays open and so holds back others of this write: look again until nothing changes.
  for (let before = -1; before !== refusals.size; ) {
    before = refusals.size;
    const stays = ({ id }: { id: string }) => refusals.has(id) || !found.some((each) => each.id === id);
    for (const { id } of found) {
      if (refusals.has(id)) continue;
      const waitsFor = (blockers.get(id) ?? []).filter(stays);
      const open = (children.get(id) ?? []).filter(stays);
      if (waitsFor.length > 0) refusals.set(id, blocked(id, waitsFor));
      else if (open.length > 0) refusals.set(id, unfinished(id, open.length));
    }
  }
  return refusals;
}

function refusalOf({ id, issue }: Found, now: Date): AppError | undefined {
  if (issue.pinned || issue.status === 'pinned') return refuse(`cannot close ${id}: issue is pinned`);
  if (issue.issue_type !== 'gate' || issue.await_type !== 'timer' || issue.timeout === undefined) return undefined;
  const ends = new Date(issue.created_at).getTime() + issue.timeout / 1e6;
  return ends > now.getTime()
    ? refuse(`cannot close gate ${id}: its timer runs until ${new Date(ends).toISOString()}`)
    : undefined;
}

function blocked(id: string, blockers: readonly { id: string }[]): AppError {
  return refuse(`cannot close ${id}: blocked by open issues [${blockers.map((each) => each.id).join(' ')}]`);
}

function unfinished(id: string, count: number): AppError {
  return new AppError(
    'CONFLICT',
    `cannot close epic ${id}: ${count} open child issue(s); close children first or use --force to override`,
  );
}

function refuse(message: string): AppError {
  return new AppError('CONFLICT', `${message} (use --force to override)`);
}
