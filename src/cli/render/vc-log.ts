import type { Commit, LogPage } from '../../beads/history/log.ts';
import { shortHash } from '../../beads/history/revision.ts';
import type { Paint } from '../style.ts';
import { oneLine, printable } from './marks.ts';

/** Commits as `git log` shows them, or one line for each. */
export function renderLog(page: LogPage, paint: Paint, style: { oneline: boolean }): string {
  const { commits, branch } = page;
  if (style.oneline) return commits.map((commit) => onelineOf(commit, branch, paint)).join('\n');
  return commits.map((commit) => wholeOf(commit, branch, paint)).join('\n\n');
}

/** The note that a limit hid something; it goes to stderr. */
export function olderNotice(shown: number, skip: number): string {
  return `Showing ${shown} ${shown === 1 ? 'commit' : 'commits'}; older ones: --skip ${skip + shown}, or -n 0 for all.`;
}

function onelineOf(commit: Commit, branch: string, paint: Paint): string {
  const [subject = ''] = commit.message.split('\n');
  return `${paint('yellow', shortHash(commit.hash))}${namesOf(commit, branch, paint)} ${oneLine(subject)}`;
}

function wholeOf(commit: Commit, branch: string, paint: Paint): string {
  const message = printable(commit.message).trimEnd().split('\n');
  return [
    `${paint('yellow', `commit ${commit.hash}`)}${namesOf(commit, branch, paint)}`,
    ...(commit.parents.length > 1 ? [`Merge: ${commit.parents.map(shortHash).join(' ')}`] : []),
    `Author: ${oneLine(commit.author)} <${oneLine(commit.email)}>`,
    `Date:   ${commit.date.replace('T', ' ').replace('Z', ' UTC')}`,
    '',
    ...message.map((line) => `    ${line}`.trimEnd()),
  ].join('\n');
}

/** ` (HEAD -> main, tag: v1)`, or nothing. */
function namesOf(commit: Commit, branch: string, paint: Paint): string {
  const names = [
    ...(commit.branches ?? []).map((name) => (name === branch ? `HEAD -> ${name}` : name)),
    ...(commit.tags ?? []).map((name) => `tag: ${name}`),
  ];
  return names.length === 0 ? '' : ` ${paint('cyan', `(${names.join(', ')})`)}`;
}
