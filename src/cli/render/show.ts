import type { LinkedIssue } from '../../beads/query/links.ts';
import { childrenOf, type ShownIssue } from '../../beads/query/show.ts';
import type { Paint } from '../style.ts';
import { issueLine, oneLine, paintStatus, printable, priorityMark, statusIcon } from './marks.ts';
import { dayOf, minuteOf } from './times.ts';

export interface ShowStyle {
  /** Times in the zone of this machine instead of UTC. */
  readonly localTime?: boolean;
  /** Also fields that are of little use to people. */
  readonly long?: boolean;
}

/** Issues with all that hangs on them, a rule between two. */
export function renderShow(issues: readonly ShownIssue[], paint: Paint, style: ShowStyle = {}): string {
  return issues.map((issue) => renderIssue(issue, paint, style)).join(`\n\n${paint('dim', '─'.repeat(60))}\n\n`);
}

/** One line for each issue. */
export function renderShort(issues: readonly ShownIssue[], paint: Paint): string {
  return issues.map((issue) => issueLine(issue, paint)).join('\n');
}

function renderIssue(issue: ShownIssue, paint: Paint, style: ShowStyle): string {
  const children = childrenOf(issue.dependents ?? []);
  const related = (links: readonly LinkedIssue[] | undefined) => (links ?? []).filter(isRelated);
  const blocking = (links: readonly LinkedIssue[] | undefined) =>
    (links ?? []).filter((link) => !isRelated(link) && link.dependency_type !== 'parent-child');
  const parts = [
    [header(issue, paint), ...meta(issue, paint, style)],
    textSection('DESCRIPTION', issue.description, paint),
    textSection('DESIGN', issue.design, paint),
    textSection('NOTES', issue.notes, paint),
    textSection('ACCEPTANCE CRITERIA', issue.acceptance_criteria, paint),
    issue.labels ? [`${paint('bold', 'LABELS:')} ${issue.labels.map(oneLine).join(', ')}`] : [],
    linkSection('PARENT', '↑', parents(issue), paint),
    linkSection('DEPENDS ON', '→', blocking(issue.dependencies), paint),
    childSection(children, paint),
    linkSection('BLOCKS', '←', blocking(issue.dependents), paint),
    linkSection('RELATED', '↔', uniqueLinks([...related(issue.dependencies), ...related(issue.dependents)]), paint),
    commentSection(issue, paint, style),
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function header(issue: ShownIssue, paint: Paint): string {
  const icon = paintStatus(issue.status, statusIcon(issue.status), paint);
  const status = paintStatus(issue.status, issue.status.toUpperCase(), paint);
  const type = issue.issue_type === 'task' ? '' : ` ${paint('magenta', `[${issue.issue_type.toUpperCase()}]`)}`;
  const title = paint('bold', oneLine(issue.title));
  return `${icon} ${issue.id}${type} · ${title}   [${priorityMark(issue.priority, paint)} · ${status}]`;
}

function meta(issue: ShownIssue, paint: Paint, style: ShowStyle): string[] {
  const people = [
    ...(issue.created_by ? [`Owner: ${issue.created_by}`] : []),
    ...(issue.assignee ? [`Assignee: ${oneLine(issue.assignee)}`] : []),
    `Type: ${issue.issue_type}`,
    ...(issue.estimated_minutes === undefined ? [] : [`Estimate: ${issue.estimated_minutes}m`]),
  ];
  const times = [
    ['Created', issue.created_at],
    ['Updated', issue.updated_at],
    ['Started', style.long ? issue.started_at : undefined],
    ['Closed', issue.closed_at],
    ['Due', issue.due_at],
    ['Deferred until', issue.defer_until],
  ].flatMap(([name, time]) => (time ? [`${name}: ${dateOf(time, style)}`] : []));
  const rest = [
    issue.close_reason ? `Close reason: ${issue.close_reason}` : '',
    issue.external_ref ? `External: ${issue.external_ref}` : '',
    issue.spec_id ? `Spec: ${issue.spec_id}` : '',
    ...(style.long ? longFields(issue) : []),
  ].filter((line) => line !== '');
  return [people.join(' · '), times.join(' · '), ...rest].map((line) => paint('dim', oneLine(line)));
}

function longFields(issue: ShownIssue): string[] {
  const known = new Set(['id', 'title', 'description', 'design', 'notes', 'acceptance_criteria', 'status', 'priority']);
  const shown = new Set(['issue_type', 'created_by', 'assignee', 'created_at', 'updated_at', 'closed_at', 'due_at']);
  return Object.entries(issue)
    .filter(([key, value]) => !known.has(key) && !shown.has(key) && !Array.isArray(value))
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
}

function textSection(name: string, text: string | undefined, paint: Paint): string[] {
  return text === undefined ? [] : [paint('bold', name), printable(text).trimEnd()];
}

function linkSection(name: string, sign: string, links: readonly LinkedIssue[], paint: Paint): string[] {
  if (links.length === 0) return [];
  return [paint('bold', name), ...links.map((link) => `  ${sign} ${linkLine(link, paint)}`)];
}

function childSection(children: readonly LinkedIssue[], paint: Paint): string[] {
  if (children.length === 0) return [];
  const closed = children.filter(({ status }) => status === 'closed').length;
  const percent = Math.floor((100 * closed) / children.length);
  const sign = closed === children.length ? '✓' : '◐';
  return [
    ...linkSection('CHILDREN', '↳', children, paint),
    `  ${sign} ${closed}/${children.length} complete (${percent}%)`,
  ];
}

function commentSection(issue: ShownIssue, paint: Paint, style: ShowStyle): string[] {
  if (!issue.comments) return [];
  const comments = issue.comments.flatMap((comment) => [
    `  ${paint('dim', minuteOf(comment.created_at, style.localTime ?? false))} ${oneLine(comment.author)}`,
    ...printable(comment.text)
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`.trimEnd()),
  ]);
  return [paint('bold', 'COMMENTS'), ...comments];
}

/** `○ hm-c1: Third ● P2` */
function linkLine(link: LinkedIssue, paint: Paint): string {
  const kind = ['blocks', 'parent-child', 'related', 'relates-to'].includes(link.dependency_type)
    ? ''
    : paint('dim', ` (${link.dependency_type})`);
  const icon = paintStatus(link.status, statusIcon(link.status), paint);
  return `${icon} ${link.id}: ${oneLine(link.title)} ${priorityMark(link.priority, paint)}${kind}`;
}

function parents(issue: ShownIssue): LinkedIssue[] {
  return (issue.dependencies ?? []).filter((link) => link.dependency_type === 'parent-child');
}

const WORK_LINKS = ['blocks', 'conditional-blocks', 'waits-for', 'parent-child'];

function isRelated(link: LinkedIssue): boolean {
  return !WORK_LINKS.includes(link.dependency_type);
}

function uniqueLinks(links: readonly LinkedIssue[]): LinkedIssue[] {
  return [...new Map(links.map((link) => [`${link.id} ${link.dependency_type}`, link])).values()];
}

/** The day alone is enough in UTC; who asks for local times wants to know them exactly. */
function dateOf(time: string, style: ShowStyle): string {
  return style.localTime ? minuteOf(time, true) : dayOf(time, false);
}
