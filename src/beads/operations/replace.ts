import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import type { IssueRef } from '../ids/resolve.ts';
import { type Found, findIssues } from '../lookup.ts';
import { write } from '../write/write.ts';
import { closeFound } from './close.ts';
import { addEdges } from './dependency-edges.ts';

/** An issue that was closed because of another one. */
export interface ReplaceResult {
  readonly closed: string;
  readonly inFavourOf: string;
}

/**
 * Marks an issue as a duplicate of another one and closes it.
 *
 * @throws AppError NOT_FOUND, VALIDATION
 * @example await markDuplicate(ctx, 'hm-b2', 'hm-a1');
 */
export function markDuplicate(ctx: BeadsContext, issue: string, canonical: string): Promise<ReplaceResult> {
  return replaceIssue(ctx, issue, canonical, {
    command: 'duplicate',
    type: 'duplicates',
    reason: (id) => `Duplicate of ${id}`,
    itself: 'cannot mark an issue as duplicate of itself',
  });
}

/** Marks an issue as superseded by a newer one and closes it. */
export function supersedeIssue(ctx: BeadsContext, issue: string, replacement: string): Promise<ReplaceResult> {
  return replaceIssue(ctx, issue, replacement, {
    command: 'supersede',
    type: 'supersedes',
    reason: (id) => `Superseded by ${id}`,
    itself: 'cannot mark an issue as superseded by itself',
  });
}

interface Replacement {
  command: string;
  type: string;
  reason: (id: string) => string;
  itself: string;
}

async function replaceIssue(
  ctx: BeadsContext,
  input: string,
  other: string,
  { command, type, reason, itself }: Replacement,
): Promise<ReplaceResult> {
  return write(ctx, command, async (w) => {
    const [issue, target] = (await findIssues(w.tx, [input, other])).map(orThrow);
    if (!issue || !target) throw new Error('two issues were to be found');
    if (issue.id === target.id) throw new AppError('VALIDATION', itself);
    await addEdges(w, [{ issue: refOf(issue), target: { id: target.id, issue: refOf(target) }, type }]);
    if (issue.issue.status !== 'closed') await closeFound(w, [issue], reason(target.id), undefined);
    w.did(command, `${issue.id} -> ${target.id}`);
    w.touch(issue.id);
    return { closed: issue.id, inFavourOf: target.id };
  });
}

function orThrow(found: Found | AppError): Found {
  if (found instanceof AppError) throw found;
  return found;
}

function refOf({ id, wisp, issue }: Found): IssueRef {
  return { id, wisp, title: issue.title, type: issue.issue_type, status: issue.status };
}
