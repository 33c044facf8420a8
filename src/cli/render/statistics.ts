import type { RecentActivity, Statistics } from '../../beads/query/stats.ts';
import type { Paint } from '../style.ts';

const NAME_WIDTH = 24;

/** The figures of `bd stats`, names left and numbers behind them. */
export function renderStatistics(
  result: { summary: Statistics; recent_activity?: RecentActivity },
  paint: Paint,
): string {
  const { summary, recent_activity: activity } = result;
  const line = (name: string, value: number | string) => `  ${`${name}:`.padEnd(NAME_WIDTH)}${value}`;
  const some = (name: string, value: number) => (value > 0 ? [line(name, value)] : []);
  const lines = [
    paint('bold', '📊 Issue Database Status'),
    '',
    'Summary:',
    line('Total Issues', summary.total_issues),
    line('Open', summary.open_issues),
    line('In Progress', summary.in_progress_issues),
    line('Blocked', summary.blocked_issues),
    line('Closed', summary.closed_issues),
    line('Ready to Work', summary.ready_issues),
    ...some('Deferred', summary.deferred_issues),
    ...some('Pinned', summary.pinned_issues),
    ...some('Epics Ready to Close', summary.epics_eligible_for_closure),
    ...(summary.average_lead_time_hours > 0
      ? [line('Avg Lead Time', `${summary.average_lead_time_hours.toFixed(1)} hours`)]
      : []),
  ];
  if (activity && activity.total_changes > 0) {
    lines.push(
      '',
      `Recent Activity (last ${activity.hours_tracked} hours):`,
      line('Issues Created', activity.issues_created),
      line('Issues Closed', activity.issues_closed),
      line('Issues Reopened', activity.issues_reopened),
      line('Issues Updated', activity.issues_updated),
    );
  }
  lines.push('', paint('dim', "For more details, use 'bd list' to see individual issues."));
  return lines.join('\n');
}
