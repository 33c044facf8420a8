import type { Queryable, Row } from '../../database/types.ts';

export type Change = 'added' | 'modified' | 'removed';

/** One row that is not the same at two revisions. */
export interface RowChange {
  readonly change: Change;
  /** The row at the first revision; absent when it was added. */
  readonly before?: Row;
  /** The row at the second revision; absent when it was removed. */
  readonly after?: Row;
}

/** A table that is not the same at two revisions. */
export interface ChangedTable {
  readonly name: string;
  /** Whether its columns or indexes changed, or the table itself came or went. */
  readonly schemaChanged: boolean;
}

/**
 * The tables that differ between two revisions. Dolt compares the roots of their trees, so this
 * takes no longer for large tables. Tables of this clone (`dolt_ignore`) are left out.
 *
 * @param from what Dolt understands: `Revision.at`
 */
export async function readChangedTables(db: Queryable, from: string, to: string): Promise<ChangedTable[]> {
  const rows = await db.query('SELECT from_table_name, to_table_name, schema_change FROM DOLT_DIFF_SUMMARY(?, ?)', [
    from,
    to,
  ]);
  return rows.map((row) => ({
    name: String(row['to_table_name'] || row['from_table_name']),
    schemaChanged: Number(row['schema_change'] ?? 0) === 1,
  }));
}

/** The rows of a table that differ between two revisions; the others are not read. */
export async function readRowChanges(db: Queryable, from: string, to: string, table: string): Promise<RowChange[]> {
  const rows = await db.query('SELECT * FROM DOLT_DIFF(?, ?, ?)', [from, to, table]);
  return rows.map((row) => {
    const change = row['diff_type'];
    return {
      change: change === 'added' || change === 'removed' ? change : 'modified',
      ...(change === 'added' ? {} : { before: side(row, 'from_') }),
      ...(change === 'removed' ? {} : { after: side(row, 'to_') }),
    };
  });
}

/** How many rows of a table differ between two revisions. */
export async function countRowChanges(
  db: Queryable,
  from: string,
  to: string,
  table: string,
): Promise<Record<Change, number>> {
  const [row] = await db.query('SELECT rows_added, rows_modified, rows_deleted FROM DOLT_DIFF_STAT(?, ?, ?)', [
    from,
    to,
    table,
  ]);
  return {
    added: Number(row?.['rows_added'] ?? 0),
    modified: Number(row?.['rows_modified'] ?? 0),
    removed: Number(row?.['rows_deleted'] ?? 0),
  };
}

/** One half of a row of DOLT_DIFF, which also holds the revisions themselves. */
export function side(row: Row, prefix: 'from_' | 'to_'): Row {
  const half: Row = {};
  for (const [name, value] of Object.entries(row)) {
    if (!name.startsWith(prefix)) continue;
    const column = name.slice(prefix.length);
    if (column !== 'commit' && column !== 'commit_date') half[column] = value;
  }
  return half;
}
