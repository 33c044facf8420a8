import type { Change } from '../../beads/history/row-changes.ts';

/**
 * The message of a commit that nobody gave one, in the words of the Go `bd`.
 *
 * @param others tables with changes beside `issues`
 * @example batchMessage('ann', { added: 2, modified: 1, removed: 0 }, ['labels'])
 * // 'bd: batch commit by ann — 2 created, 1 updated (+ labels)'
 */
export function batchMessage(actor: string, issues: Record<Change, number>, others: readonly string[]): string {
  const counts = [
    ...(issues.added > 0 ? [`${issues.added} created`] : []),
    ...(issues.modified > 0 ? [`${issues.modified} updated`] : []),
    ...(issues.removed > 0 ? [`${issues.removed} deleted`] : []),
  ];
  const head = `bd: batch commit by ${actor}`;
  const what = counts.length === 0 ? head : `${head} — ${counts.join(', ')}`;
  return others.length === 0 ? what : `${what} (+ ${others.join(', ')})`;
}
