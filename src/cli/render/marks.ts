import type { Issue } from '../../beads/issue.ts';
import { BUILT_IN_STATUSES } from '../../beads/vocabulary.ts';
import type { Paint } from '../style.ts';

/** What a line about an issue is made of. */
export type LineIssue = Pick<Issue, 'id' | 'title' | 'status' | 'priority' | 'issue_type'>;

type Format = Parameters<Paint>[0];

const STATUS_FORMATS: Readonly<Record<string, Format>> = {
  in_progress: 'yellow',
  blocked: 'red',
  closed: 'dim',
  deferred: 'cyan',
};
const PRIORITY_FORMATS: readonly Format[] = [['red', 'bold'], 'red', 'yellow', 'reset', 'dim'];

/** The sign of a status: `○`, `◐`, `●`, `✓`, `❄`. A custom status looks like an open one. */
export function statusIcon(status: string): string {
  return BUILT_IN_STATUSES.find(({ name }) => name === status)?.icon ?? '○';
}

export function paintStatus(status: string, text: string, paint: Paint): string {
  return paint(STATUS_FORMATS[status] ?? 'reset', text);
}

/** `● P1` */
export function priorityMark(priority: number, paint: Paint): string {
  return paint(PRIORITY_FORMATS[priority] ?? 'reset', `● P${priority}`);
}

/** `[bug] `, or nothing for a task. */
export function typeMark(type: string, paint: Paint): string {
  return type === 'task' || type === '' ? '' : `${paint('magenta', `[${type}]`)} `;
}

/** The line of an issue in trees: `○ hm-a1 ● P1 [bug] First`. */
export function issueLine(issue: LineIssue, paint: Paint, title = oneLine(issue.title)): string {
  const icon = paintStatus(issue.status, statusIcon(issue.status), paint);
  if (issue.status === 'closed') {
    return paint('dim', `${statusIcon('closed')} ${issue.id} ● P${issue.priority} ${plainType(issue)}${title}`);
  }
  const type = typeMark(issue.issue_type, paint);
  return `${icon} ${paint('bold', issue.id)} ${priorityMark(issue.priority, paint)} ${type}${title}`;
}

/** A text in one line, without control characters: titles may hold anything. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Control}\u2028\u2029]+/gu, ' ').trim();
}

/** Text of several lines without the control characters that a terminal would obey. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be taken out
  return text.replaceAll('\r\n', '\n').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '�');
}

export const RULE = '-'.repeat(80);

/** What the signs of statuses mean, below a list. */
export function legend(paint: Paint): string {
  const signs = ['open', 'in_progress', 'blocked', 'closed', 'deferred'].map(
    (status) => `${statusIcon(status)} ${status}`,
  );
  return paint('dim', `Status: ${signs.join('  ')}`);
}

function plainType(issue: LineIssue): string {
  return issue.issue_type === 'task' || issue.issue_type === '' ? '' : `[${issue.issue_type}] `;
}
