import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { declareSolved, removeIssue, restoreIssue, takeColumns, takeTheirRow } from './merge-apply.ts';
import { describeConflict, type MergeConflict } from './merge-conflict.ts';
import { type Column, type Orphans, readConflicts, readOrphans, type TableConflicts } from './merge-conflicts.ts';
import { type ConflictRow, decideRow, type Side } from './merge-rules.ts';

/** Decides which side wins a conflict. */
export type Choose = (conflict: MergeConflict) => Side | undefined;

export interface Solution {
  /** What nobody decided: with these the merge cannot go on. */
  readonly open: MergeConflict[];
  /** What the strategy decided. */
  readonly resolved: MergeConflict[];
}

/**
 * Solves the conflicts of the merge that this transaction began, as far as it can be done.
 *
 * @param commits the last commit of each side
 * @param choose the side that wins a conflict; undefined leaves it open
 * @throws AppError CONFLICT for what no strategy solves
 */
export async function solveConflicts(
  tx: Queryable,
  commits: Readonly<Record<Side, string>>,
  choose: Choose,
): Promise<Solution> {
  const tables = await readConflicts(tx);
  const orphans = await readOrphans(tx);
  const gone = await removedIssues(tx, tables, orphans, commits.ours);
  const open: MergeConflict[] = [...gone.values()];
  for (const { columns, rows } of tables) {
    for (const row of rows) {
      const conflict = isOfIssue(row, gone) ? undefined : openConflict(row, columns);
      if (conflict) open.push(conflict);
    }
  }
  const unsolved = open.filter((conflict) => choose(conflict) === undefined);
  if (unsolved.length > 0) return { open: unsolved, resolved: [] };

  for (const { table, columns, rows } of tables) {
    for (const row of rows) {
      if (isOfIssue(row, gone)) continue;
      const decision = decideRow(row, choose(describeConflict(row, columns, [])));
      if (decision.kind === 'columns') await takeColumns(tx, row, columns, decision.theirs);
      else if (decision.take === 'theirs') await takeTheirRow(tx, row, columns);
    }
    await declareSolved(tx, 'conflicts', table);
  }
  for (const conflict of gone.values()) {
    const { issue = '', ours } = conflict;
    const removedBy: Side = ours === 'removed' ? 'ours' : 'theirs';
    const side = choose(conflict);
    if (side === removedBy) await removeIssue(tx, issue);
    else if (side) await restoreIssue(tx, issue, commits[side]);
  }
  for (const { table } of orphans) await declareSolved(tx, 'constraint_violations', table);
  return { open: [], resolved: open };
}

/** What cannot be decided about a row without somebody's choice; undefined when nothing is left open. */
export function openConflict(row: ConflictRow, columns: readonly Column[]): MergeConflict | undefined {
  const decision = decideRow(row, undefined);
  if (decision.kind === 'columns' ? decision.open.length === 0 : decision.take !== undefined) return undefined;
  return describeConflict(row, columns, decision.kind === 'columns' ? decision.open : []);
}

/** Issues that one side removed while the other changed them or what hangs on them, by id. */
async function removedIssues(
  tx: Queryable,
  tables: readonly TableConflicts[],
  orphans: readonly Orphans[],
  ours: string,
): Promise<Map<string, MergeConflict>> {
  const gone = new Map<string, MergeConflict>();
  for (const { columns, rows } of tables) {
    for (const row of rows) {
      if (row.table !== 'issues' || (row.rows.ours && row.rows.theirs)) continue;
      const conflict = describeConflict(row, columns, []);
      gone.set(conflict.issue ?? '', conflict);
    }
  }
  for (const { table, issueIds } of orphans) {
    if (issueIds.length === 0) {
      throw new AppError('CONFLICT', `the merge would break a constraint of the table ${table}; nothing was changed`);
    }
    for (const id of issueIds) if (!gone.has(id)) gone.set(id, await orphanConflict(tx, id, ours));
  }
  return gone;
}

async function orphanConflict(tx: Queryable, id: string, ours: string): Promise<MergeConflict> {
  const kept = (await tx.query('SELECT id FROM issues AS OF ? WHERE id = ?', [ours, id])).length > 0;
  return {
    table: 'issues',
    issue: id,
    key: { id },
    ours: kept ? 'modified' : 'removed',
    theirs: kept ? 'removed' : 'modified',
    fields: [],
  };
}

function isOfIssue(row: ConflictRow, gone: ReadonlyMap<string, MergeConflict>): boolean {
  const present = row.rows.ours ?? row.rows.theirs ?? {};
  const id = row.table === 'issues' ? present['id'] : present['issue_id'];
  return id !== undefined && gone.has(String(id));
}
