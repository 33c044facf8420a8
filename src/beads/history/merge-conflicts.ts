import { sqlName } from '../../database/sql-text.ts';
import type { Queryable, Row } from '../../database/types.ts';
import type { ConflictRow } from './merge-rules.ts';
import type { Change } from './row-changes.ts';

/** A column, and how its values pass through a driver unharmed. */
export interface Column {
  readonly name: string;
  readonly isKey: boolean;
  readonly kind: 'plain' | 'json' | 'binary';
}

/** The conflicts of one table in a merge that is under way. JSON is read as text, binary as hex. */
export interface TableConflicts {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly rows: readonly ConflictRow[];
}

/** Rows of a table whose issue is not there, since the other side of the merge removed it. */
export interface Orphans {
  readonly table: string;
  readonly issueIds: readonly string[];
}

/** Reads the conflicts of the merge that this transaction began. */
export async function readConflicts(tx: Queryable): Promise<TableConflicts[]> {
  const tables = await tx.query('SELECT `table` AS name FROM dolt_conflicts WHERE num_conflicts > 0 ORDER BY `table`');
  const conflicts: TableConflicts[] = [];
  for (const { name } of tables) conflicts.push(await readTable(tx, String(name)));
  return conflicts;
}

/** Tables whose columns or indexes both sides changed. */
export async function readSchemaConflicts(tx: Queryable): Promise<string[]> {
  const rows = await tx.query('SELECT table_name FROM dolt_schema_conflicts');
  return rows.map((row) => String(row['table_name']));
}

/**
 * Reads the rows that a merge left without their issue.
 *
 * @returns also tables with violations of another kind, with no ids: nothing of ours can make them
 */
export async function readOrphans(tx: Queryable): Promise<Orphans[]> {
  const tables = await tx.query('SELECT `table` AS name FROM dolt_constraint_violations WHERE num_violations > 0');
  const orphans: Orphans[] = [];
  for (const { name } of tables) {
    const table = String(name);
    const columns = await readColumns(tx, table);
    const id = columns.some((column) => column.name === 'issue_id') ? 'issue_id' : 'NULL';
    const rows = await tx.query(
      `SELECT DISTINCT violation_type AS kind, ${id} AS id FROM ${sqlName(`dolt_constraint_violations_${table}`)}`,
    );
    const foreign = rows.every((row) => row['kind'] === 'foreign key' && row['id'] !== undefined);
    orphans.push({ table, issueIds: foreign ? rows.map((row) => String(row['id'])) : [] });
  }
  return orphans;
}

async function readTable(tx: Queryable, table: string): Promise<TableConflicts> {
  const columns = await readColumns(tx, table);
  const list = ['base', 'our', 'their'].flatMap((side) =>
    columns.map(({ name, kind }) => `${encoded(`${side}_${name}`, kind)} AS ${sqlName(`${side}_${name}`)}`),
  );
  const rows = await tx.query(
    `SELECT our_diff_type, their_diff_type, ${list.join(', ')} FROM ${sqlName(`dolt_conflicts_${table}`)}`,
  );
  return { table, columns, rows: rows.map((row) => conflictRow(table, columns, row)) };
}

/** The columns of a table, as they are now. */
export async function readColumns(tx: Queryable, table: string): Promise<Column[]> {
  const rows = await tx.query(`SHOW COLUMNS FROM ${sqlName(table)}`);
  return rows.map((row) => ({
    name: String(row['Field']),
    isKey: row['Key'] === 'PRI',
    kind: kindOf(String(row['Type'])),
  }));
}

function kindOf(type: string): Column['kind'] {
  if (/^json\b/i.test(type)) return 'json';
  return /blob|binary/i.test(type) ? 'binary' : 'plain';
}

/** A column in a SELECT, so that it passes through both drivers. */
export function encoded(column: string, kind: Column['kind']): string {
  const name = sqlName(column);
  return kind === 'json' ? `CAST(${name} AS CHAR)` : kind === 'binary' ? `HEX(${name})` : name;
}

function conflictRow(table: string, columns: readonly Column[], row: Row): ConflictRow {
  const half = (side: string): Row => {
    const values: Row = {};
    for (const { name } of columns) {
      const value = row[`${side}_${name}`];
      if (value !== undefined) values[name] = value;
    }
    return values;
  };
  const changes = { ours: changeOf(row['our_diff_type']), theirs: changeOf(row['their_diff_type']) };
  return {
    table,
    changes,
    base: changes.ours === 'added' ? undefined : half('base'),
    rows: {
      ...(changes.ours === 'removed' ? {} : { ours: half('our') }),
      ...(changes.theirs === 'removed' ? {} : { theirs: half('their') }),
    },
  };
}

function changeOf(type: unknown): Change {
  return type === 'added' || type === 'removed' ? type : 'modified';
}
