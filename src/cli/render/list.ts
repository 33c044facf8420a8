import { compareIds } from '../../beads/ids/compare.ts';
import type { ListedIssue } from '../../beads/query/listed.ts';
import type { Paint } from '../style.ts';
import { issueLine, legend, oneLine, paintStatus, printable, priorityMark, RULE, statusIcon } from './marks.ts';
import { cutTo, displayWidth } from './width.ts';

/** What holds an issue of a list back, and what it holds back: ids. */
export interface ListedLinks {
  readonly blockedBy: readonly string[];
  readonly blocks: readonly string[];
}

/**
 * Issues as a tree, children under their parents, with a summary and a legend.
 *
 * @param columns width of the terminal; titles are cut to it. Undefined: they are not cut
 */
export function renderTree(issues: readonly ListedIssue[], paint: Paint, columns?: number): string {
  if (issues.length === 0) return 'No issues found.';
  const known = new Set(issues.map(({ id }) => id));
  const children = new Map<string, ListedIssue[]>();
  for (const issue of issues) {
    if (issue.parent === undefined || !known.has(issue.parent)) continue;
    children.set(issue.parent, [...(children.get(issue.parent) ?? []), issue]);
  }
  for (const list of children.values()) list.sort((a, b) => compareIds(a.id, b.id));
  const lines: string[] = [];
  const shown = new Set<string>();
  const visit = (issue: ListedIssue, lead: string, indent: string) => {
    // A circle of parents would never end.
    if (shown.has(issue.id)) return;
    shown.add(issue.id);
    lines.push(fitted(issue, lead, paint, columns));
    const own = children.get(issue.id) ?? [];
    own.forEach((child, index) => {
      const last = index === own.length - 1;
      visit(child, `${indent}${last ? '└── ' : '├── '}`, `${indent}${last ? '    ' : '│   '}`);
    });
  };
  for (const issue of issues) if (issue.parent === undefined || !known.has(issue.parent)) visit(issue, '', '');
  // What lies in a circle hangs on no root.
  for (const issue of issues) visit(issue, '', '');
  return [...lines, '', RULE, summary(issues), '', legend(paint)].join('\n');
}

/** One line for each issue: `○ hm-a1 [● P1] [bug] @bob [x y] - First (blocked by: hm-c1)`. */
export function renderFlat(
  issues: readonly ListedIssue[],
  links: ReadonlyMap<string, ListedLinks>,
  paint: Paint,
): string {
  if (issues.length === 0) return 'No issues found.';
  return issues.map((issue) => flatLine(issue, links.get(issue.id), paint)).join('\n');
}

/** Several lines for each issue. */
export function renderLong(
  issues: readonly ListedIssue[],
  links: ReadonlyMap<string, ListedLinks>,
  paint: Paint,
): string {
  if (issues.length === 0) return 'No issues found.';
  return issues
    .map((issue) => {
      const about = [
        issue.assignee ? [`Assignee: ${oneLine(issue.assignee)}`] : [],
        issue.labels ? [`Labels: ${issue.labels.map(oneLine).join(', ')}`] : [],
        issue.parent ? [`Parent: ${issue.parent}`] : [],
        [`Created: ${issue.created_at.slice(0, 10)} · Updated: ${issue.updated_at.slice(0, 10)}`],
        connections(links.get(issue.id)),
        issue.description ? ['', ...printable(issue.description).trimEnd().split('\n')] : [],
      ].flat();
      return [flatHead(issue, paint), ...[oneLine(issue.title), ...about].map((line) => `  ${line}`.trimEnd())].join(
        '\n',
      );
    })
    .join('\n\n');
}

/** The note that a limit hid something; it goes to stderr. */
export function truncationNotice(shown: number): string {
  return `Showing ${shown} issues; more results matched but were hidden by --limit. Use --limit 0 for all, or --limit N to raise the cap.`;
}

function summary(issues: readonly ListedIssue[]): string {
  const count = (status: string) => issues.filter((issue) => issue.status === status).length;
  return `Total: ${issues.length} issues (${count('open')} open, ${count('in_progress')} in progress)`;
}

function fitted(issue: ListedIssue, lead: string, paint: Paint, columns: number | undefined): string {
  const title = oneLine(issue.title);
  if (columns === undefined) return lead + issueLine(issue, paint, title);
  const room = columns - displayWidth(lead + issueLine(issue, (_format, text) => text, ''));
  return lead + issueLine(issue, paint, cutTo(title, Math.max(room, 10)));
}

function flatHead(issue: ListedIssue, paint: Paint, status = issue.status): string {
  const icon = paintStatus(status, statusIcon(status), paint);
  const assignee = issue.assignee ? ` @${oneLine(issue.assignee)}` : '';
  const labels = issue.labels ? ` [${issue.labels.map(oneLine).join(' ')}]` : '';
  return `${icon} ${paint('bold', issue.id)} [${priorityMark(issue.priority, paint)}] [${issue.issue_type}]${assignee}${labels}`;
}

function flatLine(issue: ListedIssue, links: ListedLinks | undefined, paint: Paint): string {
  const waits = issue.status === 'open' && (links?.blockedBy.length ?? 0) > 0;
  const about = [...(issue.parent ? [`parent: ${issue.parent}`] : []), ...connections(links)];
  const end = about.length > 0 ? paint('dim', ` (${about.join(', ')})`) : '';
  return `${flatHead(issue, paint, waits ? 'blocked' : issue.status)} - ${oneLine(issue.title)}${end}`;
}

function connections(links: ListedLinks | undefined): string[] {
  return [
    ...(links?.blockedBy.length ? [`blocked by: ${links.blockedBy.join(', ')}`] : []),
    ...(links?.blocks.length ? [`blocks: ${links.blocks.join(', ')}`] : []),
  ];
}
