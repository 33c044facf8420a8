import type { MergeResult } from '../../beads/history/merge.ts';
import type { MergeConflict } from '../../beads/history/merge-conflict.ts';
import { shortHash } from '../../beads/history/revision.ts';
import type { Paint } from '../style.ts';
import { oneLine } from './marks.ts';
import { shortValue } from './vc-fields.ts';

export function renderMerge(name: string, result: MergeResult, paint: Paint): string {
  const { outcome, hash, resolved } = result;
  const sign = paint('green', '✓');
  if (outcome === 'up-to-date') return `${sign} Already up to date with ${name}`;
  if (outcome === 'fast-forward') return `${sign} Moved on to ${name}: ${shortHash(hash)}`;
  const lines = [`${sign} Merged ${name}: commit ${shortHash(hash)}`];
  if (resolved.length > 0) lines.push(`  ${resolved.length} conflicts resolved:`, ...conflictLines(resolved, paint));
  return lines.join('\n');
}

/** The conflicts of a merge that was refused. */
export function renderConflicts(conflicts: readonly MergeConflict[], paint: Paint): string {
  return conflictLines(conflicts, paint).join('\n');
}

function conflictLines(conflicts: readonly MergeConflict[], paint: Paint): string[] {
  return conflicts.flatMap((conflict) => {
    const head = `${paint('red', '✖')} ${paint('bold', nameOf(conflict))}`;
    if (conflict.fields.length === 0) return [`${head}  ours: ${conflict.ours}, theirs: ${conflict.theirs}`];
    return [
      head,
      ...conflict.fields.flatMap(({ field, base, ours, theirs }) => [
        `    ${field}: ${paint('dim', `was ${cut(shortValue(field, base))}`)}`,
        `      ours:   ${cut(shortValue(field, ours))}`,
        `      theirs: ${cut(shortValue(field, theirs))}`,
      ]),
    ];
  });
}

/** The issue, or the table with the row's key. */
function nameOf({ table, issue, key }: MergeConflict): string {
  if (table === 'issues' && issue !== undefined) return issue;
  return `${table} ${Object.values(key)
    .map((value) => oneLine(String(value)))
    .join(' ')}`;
}

const WIDTH = 100;

function cut(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}
