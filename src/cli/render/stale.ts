import type { Issue } from '../../beads/issue.ts';
import type { Paint } from '../style.ts';
import { oneLine, priorityMark } from './marks.ts';

export function renderStale(issues: readonly Issue[], days: number, now: Date, paint: Paint): string {
  if (issues.length === 0) return '✨ No stale issues found (all active)';
  const lines = issues.flatMap((issue, index) => {
    const idle = Math.floor((now.getTime() - Date.parse(issue.updated_at)) / 86_400_000);
    return [
      `${index + 1}. [${priorityMark(issue.priority, paint)}] ${issue.id}: ${oneLine(issue.title)}`,
      `   Status: ${issue.status}, Last updated: ${idle} days ago${issue.assignee ? `, Assignee: ${oneLine(issue.assignee)}` : ''}`,
    ];
  });
  return [`⏰ Stale issues (${issues.length} not updated in ${days}+ days):`, '', ...lines].join('\n');
}
