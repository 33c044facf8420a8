import type { Issue } from '../../beads/issue.ts';
import type { BlockedIssue } from '../../beads/query/blocked.ts';
import type { ReadyExplanation } from '../../beads/query/explain.ts';
import type { ListedIssue } from '../../beads/query/listed.ts';
import type { Paint } from '../style.ts';
import { issueLine, legend, oneLine, priorityMark, RULE } from './marks.ts';

/** What the text of `bd ready` needs beside the issues. */
export interface ReadyText {
  readonly issues: readonly ListedIssue[];
  /** Titles of the parents, by id. */
  readonly parentTitles: ReadonlyMap<string, string>;
  /** Whether the limit hid some. */
  readonly more: boolean;
  /** Whether there is any open issue at all; asked for only when nothing is ready. */
  readonly anyOpen: boolean;
}

export function renderReady(ready: ReadyText, paint: Paint): string {
  if (ready.issues.length === 0) return nothing(ready, paint);
  const lines = ready.issues.map((issue) => {
    const parent = issue.parent === undefined ? undefined : ready.parentTitles.get(issue.parent);
    return issueLine(issue, paint) + (parent === undefined ? '' : paint('dim', ` ← ${oneLine(parent)}`));
  });
  return [...lines, '', RULE, `Ready: ${counted(ready)} with no active blockers`, '', legend(paint)].join('\n');
}

export function renderReadyPlain(ready: ReadyText, paint: Paint): string {
  if (ready.issues.length === 0) return nothing(ready, paint);
  const lines = ready.issues.map(
    (issue, index) =>
      `${index + 1}. [${priorityMark(issue.priority, paint)}] [${issue.issue_type}] ${issue.id}: ${oneLine(issue.title)}`,
  );
  return [`📋 Ready work (${counted(ready)} with no active blockers):`, '', ...lines].join('\n');
}

export function renderBlocked(blocked: readonly BlockedIssue[], paint: Paint): string {
  if (blocked.length === 0) return '✨ No blocked issues';
  const lines = blocked.flatMap((issue) => [
    `[${priorityMark(issue.priority, paint)}] ${issue.id}: ${oneLine(issue.title)}`,
    `  Blocked by ${issue.blocked_by_count} open dependencies: [${issue.blocked_by.join(' ')}]`,
  ]);
  return [`🚫 Blocked issues (${blocked.length}):`, ...lines].join('\n');
}

export function renderExplanation(explanation: ReadyExplanation, paint: Paint): string {
  const ready = explanation.ready.flatMap((issue) => [
    `  ${issueLine(issue, paint)}`,
    `    Reason: ${issue.reason}`,
    ...(issue.resolved_blockers ? [`    Resolved blockers: ${issue.resolved_blockers.join(', ')}`] : []),
  ]);
  const blocked = explanation.blocked.flatMap((issue) => [
    `  ${issueLine(issue, paint)}`,
    ...issue.blocked_by.map(
      (blocker) => `    ← blocked by ${blocker.id}: ${oneLine(blocker.title)} [${blocker.status}]`,
    ),
  ]);
  const cycles = (explanation.cycles ?? []).map((ids) => `  ${[...ids, ids[0] ?? ''].join(' → ')}`);
  const { total_ready, total_blocked, cycle_count } = explanation.summary;
  return [
    ...(ready.length > 0 ? [paint('green', `● Ready (${total_ready} issues):`), '', ...ready, ''] : []),
    ...(blocked.length > 0 ? [paint('red', `● Blocked (${total_blocked} issues):`), '', ...blocked, ''] : []),
    ...(cycles.length > 0 ? [paint('yellow', `⚠ Cycles (${cycle_count}):`), '', ...cycles, ''] : []),
    `Summary: ${total_ready} ready, ${total_blocked} blocked${cycle_count > 0 ? `, ${cycle_count} cycles` : ''}`,
  ].join('\n');
}

/** What `bd ready --claim` took. */
export function renderClaim(claimed: readonly Issue[], paint: Paint): string {
  const [issue] = claimed;
  if (!issue) return paint('yellow', '✨ No ready work to claim');
  return `${paint('green', '✓')} Claimed issue: ${issue.id} — ${oneLine(issue.title)}`;
}

function counted(ready: ReadyText): string {
  const count = ready.issues.length;
  return `${count}${ready.more ? ' or more' : ''} ${count === 1 && !ready.more ? 'issue' : 'issues'}`;
}

function nothing(ready: ReadyText, paint: Paint): string {
  if (!ready.anyOpen) return paint('green', '✨ No open issues');
  return paint('yellow', '✨ No ready work found (all issues have blocking dependencies)');
}
