import type { ListedIssue } from '../../beads/query/listed.ts';
import type { Paint } from '../style.ts';
import { renderLong } from './list.ts';
import { oneLine, paintStatus, priorityMark } from './marks.ts';

/** `hm-c1 [● P2] [task] open [w] - Third` for each issue found. */
export function renderSearch(
  query: string,
  issues: readonly Omit<ListedIssue, 'dependencies'>[],
  long: boolean,
  paint: Paint,
): string {
  if (issues.length === 0) return `No issues found matching '${query}'`;
  const head = `Found ${issues.length} issues matching '${query}':`;
  if (long) return `${head}\n\n${renderLong(issues, new Map(), paint)}`;
  const lines = issues.map((issue) => {
    const labels = issue.labels ? ` [${issue.labels.map(oneLine).join(' ')}]` : '';
    const priority = priorityMark(issue.priority, paint).replace('● ', '');
    const status = paintStatus(issue.status, issue.status, paint);
    return `${issue.id} [${priority}] [${issue.issue_type}] ${status}${labels} - ${oneLine(issue.title)}`;
  });
  return [head, ...lines].join('\n');
}
