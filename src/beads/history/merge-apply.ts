import { sqlName } from '../../database/sql-text.ts';
import type { Queryable, Row, SqlParameter } from '../../database/types.ts';
import type { Column } from './merge-conflicts.ts';
import type { ConflictRow } from './merge-rules.ts';

/** Tables with rows that belong to an issue and go with it. */
const CHILD_TABLES = ['labels', 'dependencies', 'comments', 'events', 'issue_snapshots', 'compaction_snapshots'];

/** Writes columns of theirs into the row, which is ours until then. */
export async function takeColumns(
  tx: Queryable,
  row: ConflictRow,
  columns: readonly Column[],
  taken: readonly string[],
): Promise<void> {
  if (taken.length === 0) return;
  const written = columns.filter(({ name }) => taken.includes(name));
  const sets = written.map((column) => `${sqlName(column.name)} = ${place(column)}`);
  // Else the database would write the time of the merge.
  if (columns.some(({ name }) => name === 'updated_at') && !taken.includes('updated_at')) {
    sets.push('updated_at = updated_at');
  }
  const theirs = row.rows.theirs ?? {};
  const where = keyCondition(columns, theirs);
  await tx.execute(`UPDATE ${sqlName(row.table)} SET ${sets.join(', ')} WHERE ${where.text}`, [
    ...written.map(({ name }) => parameter(theirs[name])),
    ...where.parameters,
  ]);
}

/** Makes the row theirs, where one of the sides removed it. */
export async function takeTheirRow(tx: Queryable, row: ConflictRow, columns: readonly Column[]): Promise<void> {
  const { ours, theirs } = row.rows;
  const where = keyCondition(columns, ours ?? theirs ?? {});
  await tx.execute(`DELETE FROM ${sqlName(row.table)} WHERE ${where.text}`, where.parameters);
  if (!theirs) return;
  const names = columns.map(({ name }) => sqlName(name)).join(', ');
  await tx.execute(
    `INSERT INTO ${sqlName(row.table)} (${names}) VALUES (${columns.map(place).join(', ')})`,
    columns.map(({ name }) => parameter(theirs[name])),
  );
}

/** Brings an issue and all that hangs on it back from the commit of the side that kept it. */
export async function restoreIssue(tx: Queryable, id: string, commit: string): Promise<void> {
  await tx.execute('INSERT IGNORE INTO issues SELECT * FROM issues AS OF ? WHERE id = ?', [commit, id]);
  for (const table of CHILD_TABLES) {
    await tx.execute(`INSERT IGNORE INTO ${table} SELECT * FROM ${table} AS OF ? WHERE issue_id = ?`, [commit, id]);
  }
  await tx.execute(
    `INSERT IGNORE INTO dependencies SELECT * FROM dependencies AS OF ? d
      WHERE d.depends_on_id = ? AND d.issue_id IN (SELECT id FROM issues)`,
    [commit, id],
  );
  await tx.execute('INSERT IGNORE INTO child_counters SELECT * FROM child_counters AS OF ? WHERE parent_id = ?', [
    commit,
    id,
  ]);
}

/** Removes an issue with all that hangs on it, also where the other side added to it. */
export async function removeIssue(tx: Queryable, id: string): Promise<void> {
  for (const table of CHILD_TABLES) await tx.execute(`DELETE FROM ${table} WHERE issue_id = ?`, [id]);
  await tx.execute('DELETE FROM dependencies WHERE depends_on_id = ?', [id]);
  await tx.execute('DELETE FROM issues WHERE id = ?', [id]);
}

/** Tells Dolt that the conflicts or violations of a table are solved. */
export async function declareSolved(
  tx: Queryable,
  kind: 'conflicts' | 'constraint_violations',
  table: string,
): Promise<void> {
  await tx.execute(`DELETE FROM ${sqlName(`dolt_${kind}_${table}`)}`);
}

function keyCondition(columns: readonly Column[], row: Row): { text: string; parameters: SqlParameter[] } {
  const keys = columns.filter(({ isKey }) => isKey);
  return {
    text: keys.map((key) => `${sqlName(key.name)} = ${place(key)}`).join(' AND '),
    parameters: keys.map(({ name }) => parameter(row[name])),
  };
}

function place(column: Column): string {
  return column.kind === 'binary' ? 'UNHEX(?)' : '?';
}

/** A value as `readConflicts` read it. */
function parameter(value: unknown): SqlParameter {
  if (value === undefined || value === null) return null;
  return typeof value === 'number' || typeof value === 'string' ? value : String(value);
}
