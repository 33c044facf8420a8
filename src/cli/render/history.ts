import type { IssueEventRow, IssueHistory } from '../../beads/query/history.ts';
import type { Paint } from '../style.ts';
import { oneLine } from './marks.ts';
import { fieldLines } from './vc-fields.ts';

export function renderHistory(history: IssueHistory, paint: Paint): string {
  const versions = history.versions.flatMap((version) => [
    `${paint('yellow', version.CommitHash.slice(0, 8))} (${version.CommitDate.slice(0, 10)}) ${oneLine(version.Committer)}`,
    `  [P${version.Issue.priority}] ${version.Issue.status}: ${oneLine(version.Issue.title)}`,
    ...fieldLines(version.Changes, paint).map((line) => `    ${line}`),
  ]);
  const events = history.events.map((event) => `${event.created_at.slice(0, 16).replace('T', ' ')} ${told(event)}`);
  return [
    ...(versions.length > 0
      ? [`📜 History for ${history.id} (${history.versions.length} versions):`, '', ...versions]
      : [`No versions of ${history.id} in Dolt's history yet`]),
    ...(events.length > 0 ? ['', `Events (${events.length}):`, ...events.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

function told(event: IssueEventRow): string {
  const what = event.comment ?? (event.event_type === 'closed' ? event.new_value : undefined);
  return `${event.event_type} by ${event.actor}${what ? `: ${oneLine(what)}` : ''}`;
}
