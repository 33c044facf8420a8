import type { Issue } from '../beads/issue.ts';
import type { CloseResult } from '../beads/operations/close.ts';
import type { DeletePlan } from '../beads/operations/delete-plan.ts';
import type { DependencyChange } from '../beads/operations/dependencies.ts';
import type { LabelResult } from '../beads/operations/labels.ts';
import { oneLine } from './render/marks.ts';
import type { Paint } from './style.ts';

const DONE = '✓';

export function renderCreated(issue: Issue, paint: Paint): string {
  return [
    `${paint('green', DONE)} Created issue: ${paint('bold', issue.id)} — ${oneLine(issue.title)}`,
    `  Priority: P${issue.priority}`,
    `  Status: ${issue.status}`,
  ].join('\n');
}

export function renderDryRun(
  issue: Issue,
  more: { labels: readonly string[]; deps: readonly string[] },
  paint: Paint,
): string {
  const lines = [
    `${paint('yellow', '⚠')} [DRY RUN] Would create issue:`,
    `  ID: ${issue.id || '(will be generated)'}`,
    `  Title: ${oneLine(issue.title)}`,
    `  Type: ${issue.issue_type}`,
    `  Priority: P${issue.priority}`,
    `  Status: ${issue.status}`,
  ];
  if (issue.assignee) lines.push(`  Assignee: ${oneLine(issue.assignee)}`);
  if (issue.description) lines.push(`  Description: ${issue.description}`);
  if (more.labels.length > 0) lines.push(`  Labels: ${more.labels.map(oneLine).join(', ')}`);
  if (more.deps.length > 0) lines.push(`  Dependencies: ${more.deps.join(', ')}`);
  return lines.join('\n');
}

export function renderCreatedFrom(file: string, issues: readonly Issue[], paint: Paint): string {
  return [
    `${paint('green', DONE)} Created ${issues.length} issues from ${file}:`,
    ...issues.map((issue) => `  ${issue.id}: ${oneLine(issue.title)} [P${issue.priority}, ${issue.issue_type}]`),
  ].join('\n');
}

export function renderWouldCreate(file: string, issues: readonly Issue[], paint: Paint): string {
  return [
    `${paint('yellow', '⚠')} [DRY RUN] Would create ${issues.length} issues from ${file}:`,
    ...issues.map((issue) => `  ${oneLine(issue.title)} [P${issue.priority}, ${issue.issue_type}]`),
  ].join('\n');
}

export function renderGraph({ ids }: { ids: Readonly<Record<string, string>> }): string {
  const entries = Object.entries(ids).sort(([a], [b]) => (a < b ? -1 : 1));
  return [`Created ${entries.length} issues`, ...entries.map(([key, id]) => `  ${key} -> ${id}`)].join('\n');
}

export function renderUpdated(issues: readonly Issue[], paint: Paint): string {
  return issues
    .map((issue) => `${paint('green', DONE)} Updated issue: ${issue.id} — ${oneLine(issue.title)}`)
    .join('\n');
}

export function renderClosed(result: CloseResult, paint: Paint): string {
  const lines = result.closed
    .filter(({ id }) => !result.alreadyClosed.includes(id))
    .map(
      (issue) =>
        `${paint('green', DONE)} Closed ${issue.id} — ${oneLine(issue.title)}: ${oneLine(issue.close_reason ?? 'Closed')}`,
    );
  if (result.unblocked) {
    lines.push(
      '',
      'Newly unblocked:',
      ...result.unblocked.map((issue) => `  • ${issue.id} — ${oneLine(issue.title)} (P${issue.priority})`),
    );
  }
  const { advance, claimed } = result;
  if (advance?.molecule_complete) lines.push('', `${paint('green', DONE)} Molecule ${advance.molecule_id} is complete`);
  else if (advance?.next_step) {
    const { id, title } = advance.next_step;
    lines.push('', `${advance.auto_advanced ? '→ Claimed next step' : '→ Next step'}: ${id} — ${oneLine(title)}`);
  } else if (advance) lines.push('', `No step of ${advance.molecule_id} can be worked on now`);
  if (claimed) lines.push('', `→ Claimed next: ${claimed.id} — ${oneLine(claimed.title)}`);
  return lines.join('\n');
}

/** What `bd close --json` prints: an array, or an object when there is more to report. */
export function closeDocument(result: CloseResult): unknown {
  const { closed, unblocked, claimed, advance } = result;
  if (!unblocked && !claimed && !advance) return closed;
  return {
    closed,
    ...(unblocked ? { unblocked } : {}),
    ...(advance ? { continue: advance } : {}),
    ...(claimed ? { claimed } : {}),
  };
}

export function renderReopened(ids: readonly string[], reason: string | undefined, paint: Paint): string {
  return ids.map((id) => `${paint('blue', '↻')} Reopened ${id}${reason ? `: ${reason}` : ''}`).join('\n');
}

export function renderLabels(result: LabelResult, change: 'added' | 'removed', paint: Paint): string {
  const words =
    change === 'added' ? `Added label '${oneLine(result.label)}' to` : `Removed label '${oneLine(result.label)}' from`;
  const line = (id: string) =>
    isRemovedNowhere(result, id, change)
      ? `${id} has no label '${oneLine(result.label)}'`
      : `${paint('green', DONE)} ${words} ${id}`;
  return result.issues.map(({ id }) => line(id)).join('\n');
}

export function labelDocument(result: LabelResult, status: 'added' | 'removed'): unknown[] {
  return result.issues.map(({ id }) => ({
    issue_id: id,
    label: result.label,
    status: isRemovedNowhere(result, id, status) ? 'unchanged' : status,
  }));
}

/** A label that was there already is there now, as was asked; one that was not there was not removed. */
function isRemovedNowhere(result: LabelResult, id: string, change: 'added' | 'removed'): boolean {
  return change === 'removed' && !result.changed.includes(id);
}

export function renderDependency(
  { issue, dependsOn, type }: DependencyChange,
  status: 'added' | 'removed',
  paint: Paint,
): string {
  const from = `${issue.id} (${oneLine(issue.title)})`;
  const to = dependsOn.issue ? `${dependsOn.id} (${oneLine(dependsOn.issue.title)})` : dependsOn.id;
  return status === 'added'
    ? `${paint('green', DONE)} Added dependency: ${from} depends on ${to} (${type})`
    : `${paint('green', DONE)} Removed dependency: ${from} no longer depends on ${to}`;
}

export function dependencyDocument({ issue, dependsOn, type }: DependencyChange, status: 'added' | 'removed'): object {
  return { issue_id: issue.id, depends_on_id: dependsOn.id, ...(type === '' ? {} : { type }), status };
}

export function renderDeletePreview(plan: DeletePlan, command: string, paint: Paint): string {
  return [
    `${paint('yellow', '⚠️  DELETE PREVIEW')}`,
    '',
    `Issues to delete (${plan.issues.length}):`,
    ...plan.issues.map((issue) => `  ${issue.id}: ${oneLine(issue.title)}`),
    '',
    `  Dependency links: ${plan.dependencies}`,
    `  Labels: ${plan.labels}`,
    `  Events: ${plan.events}`,
    `  Issues whose text mentions them: ${plan.mentions.length}`,
    ...(plan.orphaned.length === 0 ? [] : [`  Issues that depend on them: ${plan.orphaned.join(', ')}`]),
    '',
    `To proceed, run: ${command}`,
  ].join('\n');
}

export function renderDeleted(plan: DeletePlan, paint: Paint): string {
  const [only] = plan.issues;
  const what = plan.issues.length === 1 && only ? only.id : `${plan.issues.length} issue(s)`;
  return [
    `${paint('green', DONE)} Deleted ${what}`,
    `  Removed ${plan.dependencies} dependency link(s)`,
    ...(plan.issues.length === 1 ? [] : [`  Removed ${plan.labels} label(s)`, `  Removed ${plan.events} event(s)`]),
    `  Updated text references in ${plan.mentions.length} issue(s)`,
    ...(plan.orphaned.length === 0 ? [] : [`  Orphaned: ${plan.orphaned.join(', ')}`]),
  ].join('\n');
}

export function deleteDocument(plan: DeletePlan, several: boolean): object {
  const ids = plan.issues.map(({ id }) => id);
  const common = { dependencies_removed: plan.dependencies, references_updated: plan.mentions.length };
  if (!several && ids.length === 1) return { deleted: ids[0], ...common };
  return {
    deleted: ids,
    deleted_count: ids.length,
    ...common,
    labels_removed: plan.labels,
    events_removed: plan.events,
    ...(plan.orphaned.length === 0 ? {} : { orphaned_issues: plan.orphaned }),
  };
}

export function previewDocument(plan: DeletePlan): object {
  return {
    dry_run: true,
    would_delete: plan.issues.map(({ id }) => id),
    dependencies: plan.dependencies,
    labels: plan.labels,
    events: plan.events,
    references: plan.mentions,
    orphaned_issues: plan.orphaned,
  };
}
