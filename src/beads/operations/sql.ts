import { isRead } from '../../database/sql-text.ts';
import type { Row } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { write } from '../write/write.ts';

/** What a statement of the user answered. */
export interface SqlAnswer {
  /** Undefined for a statement that returns no rows. */
  readonly rows?: readonly Row[];
  /**
   * Names of the columns. One that is NULL in every row cannot be told and is missing. In embedded
   * mode Dolt does not tell their order: they come as the statement names them, others by name.
   */
  readonly columns: readonly string[];
  readonly rowsAffected: number;
}

/**
 * Runs one SQL statement as it is. With auto-commit, the tables that it made dirty go into a Dolt
 * commit; those that were dirty before stay as they are, for they hold somebody else's work.
 *
 * @throws AppError SQL_ERROR, READ_ONLY
 * @example await runSql(ctx, 'SELECT status, COUNT(*) AS n FROM issues GROUP BY status');
 */
export async function runSql(ctx: BeadsContext, sql: string): Promise<SqlAnswer> {
  const statement = sql.trim().replace(/;\s*$/, '');
  if (isRead(statement))
    return answer(await ctx.db.query(statement), ctx.db.mode === 'embedded' ? statement : undefined);
  return write(ctx, 'sql', async (w) => {
    // A procedure such as DOLT_COMMIT looks after its own commit.
    if (/^\s*CALL\b/i.test(statement)) return answer(await w.tx.query(statement));
    const before = await dirtyTables(w.tx);
    const rowsAffected = await w.tx.execute(statement);
    const changed = (await dirtyTables(w.tx)).filter((table) => !before.includes(table));
    if (changed.length > 0) {
      w.changed(...changed);
      w.did('sql', statement.replace(/\s+/g, ' ').slice(0, 60));
    }
    return { columns: [], rowsAffected };
  });
}

/** Whether a statement needs a database that may be written. */
export function writesSql(sql: string): boolean {
  return !isRead(sql);
}

function answer(rows: readonly Row[], orderFrom?: string): SqlAnswer {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { rows, columns: orderFrom === undefined ? columns : asNamed(columns, orderFrom), rowsAffected: 0 };
}

function asNamed(columns: readonly string[], statement: string): string[] {
  const place = (column: string) => {
    const name = column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const at = statement.search(new RegExp(`(?<![\\w.])${name}(?!\\w)`, 'i'));
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  };
  const sorted = [...columns].sort();
  return sorted
    .map((column) => ({ column, at: place(column) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ column }) => column);
}

async function dirtyTables(db: BeadsContext['db'] | Pick<BeadsContext['db'], 'query'>): Promise<string[]> {
  return (await db.query('SELECT DISTINCT table_name FROM dolt_status')).map((row) => String(row['table_name']));
}
