import { formatSql } from '../../database/sql-text.ts';
import { readsOnly, splitStatements } from '../../database/statements.ts';
import type { Row } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { write } from '../write/write.ts';

/** What a statement of the user answered. */
export interface SqlAnswer {
  /** Undefined for a statement that returns no rows. */
  readonly rows?: readonly Row[];
  /**
   * Names of the columns in their order. Of a CALL, and within a write, one that is NULL in every row
   * cannot be told and is missing.
   */
  readonly columns: readonly string[];
  readonly rowsAffected: number;
}

/**
 * Runs one SQL statement as it is. One that reads does so in a read-only transaction, in which the
 * database itself refuses to write; any other takes the write turn. With auto-commit, the tables that
 * it made dirty go into a Dolt commit; those that were dirty before stay as they are, for they hold somebody else's work.
 *
 * @throws AppError SQL_ERROR, READ_ONLY, VALIDATION when it is not one statement
 * @example await runSql(ctx, 'SELECT status, COUNT(*) AS n FROM issues GROUP BY status');
 */
export async function runSql(ctx: BeadsContext, sql: string): Promise<SqlAnswer> {
  const statement = oneStatement(sql);
  if (readsOnly(statement)) {
    if (!ctx.db.table) return answer(await ctx.db.query(statement));
    const { rows, columns } = await ctx.db.table(statement);
    return answer(rows, columns);
  }
  return write(ctx, 'sql', async (w) => {
    // A procedure such as DOLT_COMMIT looks after its own commit.
    if (isCall(statement)) return answer(await w.tx.query(statement));
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

/**
 * Whether a statement needs a database that may be written.
 *
 * @throws AppError VALIDATION when it is not one statement
 */
export function writesSql(sql: string): boolean {
  return !readsOnly(oneStatement(sql));
}

function oneStatement(sql: string): string {
  const [statement, ...more] = splitStatements(sql);
  if (statement === undefined) throw new AppError('VALIDATION', 'there is no statement to run');
  if (more.length === 0) return withoutParameters(statement);
  throw new AppError('VALIDATION', `one statement is run at a time, and these are ${more.length + 1}`, {
    hint: 'run them one by one; nothing was done',
  });
}

function withoutParameters(statement: string): string {
  try {
    return formatSql(statement);
  } catch (cause) {
    throw new AppError('VALIDATION', 'a ? stands for a parameter, and there is none here', {
      hint: "write the value itself, and a question mark as '?'",
      cause,
    });
  }
}

function answer(rows: readonly Row[], names: readonly string[] = []): SqlAnswer {
  const columns = [...new Set([...names, ...rows.flatMap((row) => Object.keys(row))])];
  return { rows, columns, rowsAffected: 0 };
}

/** Comments before it are passed over. */
function isCall(statement: string): boolean {
  return /^(?:\s|(?:--|#|\/\/)[^\n]*\n|\/\*(?!!)[\s\S]*?\*\/)*CALL\b/i.test(statement);
}

async function dirtyTables(db: BeadsContext['db'] | Pick<BeadsContext['db'], 'query'>): Promise<string[]> {
  return (await db.query('SELECT DISTINCT table_name FROM dolt_status')).map((row) => String(row['table_name']));
}
