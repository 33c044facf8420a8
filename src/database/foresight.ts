import { formatSql } from './sql-text.ts';
import type { Database, Queryable, Row } from './types.ts';

/** Answers by the text of their statement. */
export type Answers = Map<string, Row[]>;

/**
 * The statements that `ask` makes before it waits for the first of them. Nothing is sent, and `ask`
 * never goes on: so what will be asked in a moment can travel with something that is asked now.
 *
 * @example statementsOf((db) => readLayers(db)) // ['SELECT table_name …']
 */
export function statementsOf(ask: (db: Queryable) => unknown): string[] {
  const statements = new Set<string>();
  const unanswered = new Promise<never>(() => undefined);
  const db: Queryable = {
    query(sql, parameters) {
      statements.add(formatSql(sql, parameters));
      return unanswered;
    },
    execute: () => unanswered,
  };
  // What fails here fails when it is asked in earnest.
  (async () => ask(db))().catch(() => undefined);
  return [...statements];
}

/**
 * The database, with answers that came ahead: who asks for one of them is given it, once, without
 * asking again. For answers that are used at once: the first write, or transaction, drops those that are left.
 *
 * @example const db = withAnswers(opened, new Map([[statement, rows]]));
 */
export function withAnswers(db: Database, answers: Answers): Database {
  const { queryAll } = db;
  const take = (statement: string) => {
    const rows = answers.get(statement);
    answers.delete(statement);
    return rows;
  };
  return {
    ...db,
    async query(sql, parameters) {
      const statement = formatSql(sql, parameters);
      // Rows are what the caller says they are: types.ts describes their values.
      return (take(statement) ?? (await db.query(statement))) as never[];
    },
    queryAll: queryAll && ((statements) => completed(statements.map(take), statements, queryAll)),
    execute(sql, parameters) {
      answers.clear();
      return db.execute(sql, parameters);
    },
    transaction(work, options) {
      answers.clear();
      return db.transaction(work, options);
    },
  };
}

/** Asks for those that have no answer yet. */
async function completed(
  known: readonly (Row[] | undefined)[],
  statements: readonly string[],
  queryAll: NonNullable<Database['queryAll']>,
): Promise<Row[][]> {
  const open = statements.filter((_, index) => known[index] === undefined);
  const asked = open.length > 0 ? await queryAll(open) : [];
  return known.map((rows) => rows ?? asked.shift() ?? []);
}
