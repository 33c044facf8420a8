import type { RevisionDiff, TableChange } from '../../beads/history/diff.ts';
import type { FieldChange } from '../../beads/history/field-changes.ts';
import type { IssueChange } from '../../beads/history/issue-changes.ts';
import type { Change } from '../../beads/history/row-changes.ts';
import type { Dependency } from '../../beads/issue.ts';
import type { Paint } from '../style.ts';
import { issueLine, oneLine, printable } from './marks.ts';
import { fieldLines } from './vc-fields.ts';

const CHANGES: readonly Change[] = ['added', 'modified', 'removed'];
const SIGNS = { added: '+', modified: '~', removed: '-' } as const;
const COLORS = { added: 'green', modified: 'yellow', removed: 'red' } as const;
const ISSUE_TABLES = new Set(['issues', 'labels', 'dependencies', 'comments']);

/**
 * What changed between two revisions, issue by issue.
 *
 * @param style `stat`: one line for each issue
 */
export function renderDiff(diff: RevisionDiff, paint: Paint, style: { stat: boolean }): string {
  if (diff.tables.length === 0) return `No changes between ${diff.from.name} and ${diff.to.name}`;
  const issues = diff.issues.flatMap((issue) => [
    changeHead(issue.change, headOf(issue, paint), paint),
    ...(style.stat ? [] : details(issue, paint).map((line) => `    ${line}`.trimEnd())),
  ]);
  const counts = CHANGES.map((change) => `${diff.issues.filter((issue) => issue.change === change).length} ${change}`);
  const others = tableSummary(
    diff.tables.filter(({ table, schema_changed }) => schema_changed || !ISSUE_TABLES.has(table)),
  );
  return [
    ...issues,
    ...(issues.length > 0 ? [''] : []),
    `${diff.issues.length} ${diff.issues.length === 1 ? 'issue' : 'issues'}: ${counts.join(', ')}`,
    ...(others === '' ? [] : [paint('dim', `Other tables: ${others}`)]),
  ].join('\n');
}

/** `+ …`, `~ …` or `- …` */
export function changeHead(change: Change, text: string, paint: Paint): string {
  return `${paint(COLORS[change], SIGNS[change])} ${text}`;
}

/** `events +3, config ~1 (issue_prefix)` */
export function tableSummary(tables: readonly TableChange[]): string {
  return tables
    .map((table) => {
      const counts = CHANGES.filter((change) => table[change] > 0).map((change) => ` ${SIGNS[change]}${table[change]}`);
      const keys = table.keys?.length ? ` (${table.keys.map(oneLine).join(', ')})` : '';
      return `${table.table}${counts.join('')}${keys}${table.schema_changed ? ' schema' : ''}`;
    })
    .join(', ');
}

function headOf(issue: IssueChange, paint: Paint): string {
  const row = issue.change === 'modified' ? undefined : (issue.after ?? issue.before);
  return row ? issueLine(row, paint) : `${paint('bold', issue.id)} ${oneLine(issue.title)}`;
}

function details(issue: IssueChange, paint: Paint): string[] {
  if (issue.change === 'removed') return [];
  const { labels, dependencies, comments } = issue;
  return [
    ...fieldLines(issue.fields, paint),
    ...(labels ? [`labels: ${signedList(labels.added.map(oneLine), labels.removed.map(oneLine), paint)}`] : []),
    ...(dependencies && dependencies.added.length + dependencies.removed.length > 0
      ? [`depends on: ${signedList(dependencies.added.map(edge), dependencies.removed.map(edge), paint)}`]
      : []),
    ...(dependencies?.modified ?? []).flatMap(({ before, after }) => fieldLines(edgeFields(before, after), paint)),
    ...(comments?.added ?? []).flatMap((comment) => commentLines('+', comment, paint)),
    ...(comments?.modified ?? []).flatMap(({ after }) => commentLines('~', after, paint)),
    ...(comments?.removed ?? []).flatMap((comment) => commentLines('-', comment, paint)),
  ];
}

function signedList(added: readonly string[], removed: readonly string[], paint: Paint): string {
  return [...added.map((name) => paint('green', `+${name}`)), ...removed.map((name) => paint('red', `-${name}`))].join(
    ' ',
  );
}

function edge({ depends_on_id, type }: Dependency): string {
  return type === 'blocks' ? depends_on_id : `${depends_on_id} (${type})`;
}

/** What changed of an edge that stayed: its type, its metadata. */
function edgeFields(before: Dependency, after: Dependency): FieldChange[] {
  const names = ['type', 'metadata', 'thread_id', 'created_by', 'created_at'] as const;
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      field: `depends on ${after.depends_on_id}${name === 'type' ? '' : `, ${name}`}`,
      before: before[name],
      after: after[name],
    }));
}

function commentLines(sign: '+' | '~' | '-', comment: { author: string; text: string }, paint: Paint): string[] {
  const color = sign === '+' ? 'green' : sign === '-' ? 'red' : 'yellow';
  const lines = printable(comment.text).trimEnd().split('\n');
  return [`${paint(color, sign)} comment by ${oneLine(comment.author)}:`, ...lines.map((line) => `    ${line}`)];
}
