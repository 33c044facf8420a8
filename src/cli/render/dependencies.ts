import type { Issue } from '../../beads/issue.ts';
import type { DependencyList } from '../../beads/query/dependency-list.ts';
import type { Direction } from '../../beads/query/links.ts';
import type { Paint } from '../style.ts';
import { oneLine, paintStatus } from './marks.ts';

export function renderDependencies(lists: readonly DependencyList[], direction: Direction, paint: Paint): string {
  return lists.map((list) => renderList(list, direction, paint)).join('\n\n');
}

function renderList(list: DependencyList, direction: Direction, paint: Paint): string {
  if (list.links.length + list.elsewhere.length === 0) {
    return direction === 'down' ? `${list.id} has no dependencies` : `No issues depend on ${list.id}`;
  }
  const lines = [
    ...list.links.map((link) => `  ${told(link, paint)} via ${link.dependency_type}`),
    ...list.elsewhere.map((each) => `  ${each.depends_on_id} (not in this database) via ${each.type}`),
  ];
  const head = direction === 'down' ? `${list.id} depends on:` : `Issues that depend on ${list.id}:`;
  return [head, ...lines].join('\n');
}

/** `hm-a1: First [P0] (closed)` */
export function told(issue: Issue, paint: Paint): string {
  return `${issue.id}: ${oneLine(issue.title)} [P${issue.priority}] (${paintStatus(issue.status, issue.status, paint)})`;
}

export function renderCycles(cycles: readonly (readonly Issue[])[], paint: Paint): string {
  if (cycles.length === 0) return `${paint('green', '✓')} No dependency cycles detected`;
  const lines = cycles.flatMap((cycle, index) => [
    `${index + 1}. ${[...cycle, ...cycle.slice(0, 1)].map(({ id }) => id).join(' → ')}`,
    ...cycle.map((issue) => `   ${told(issue, paint)}`),
  ]);
  return [`${paint('red', '⚠')} Found ${cycles.length} dependency cycles:`, '', ...lines].join('\n');
}
