/**
 * What the beads library needs from a database. Two drivers implement it, `server` (mysql2) and
 * `embedded` (a `dolt sql` child), and pass the same tests.
 */

/** A parameter for a `?` in a statement. Dates are written as UTC `YYYY-MM-DD HH:MM:SS`. */
export type SqlParameter = string | number | bigint | boolean | null | Date;

/**
 * One row, the same from both drivers. A NULL column is absent from the row: `row.assignee ?? null`.
 * DATETIME comes as the string `YYYY-MM-DD HH:MM:SS[.ffffff]` (times are UTC), DECIMAL and integers
 * beyond 2^53 as strings, also those of a DOUBLE; true and false of expressions, and TINYINT(1), as
 * 1 and 0; TIME as microseconds; JSON as parsed JSON (select `CAST(c AS CHAR)` for its text), where
 * a JSON that is nothing but `null` is absent and one that is nothing but `true` is 1.
 * Select binary columns as `HEX(c)` and BIT as `c + 0`: they do not come through otherwise.
 */
export type Row = Record<string, unknown>;

/** Rows with the names of all their columns, also of those that are NULL in every row. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: Row[];
}

/** The statements of one connection, in order. `?` is replaced by an escaped parameter. */
export interface Queryable {
  /**
   * Runs a statement that returns rows (SELECT, SHOW, CALL).
   *
   * @throws AppError SQL_ERROR, ACCESS_DENIED, DATABASE_UNKNOWN, SERVER_UNREACHABLE
   * @example await db.query('SELECT id FROM issues WHERE status = ?', ['open'])
   */
  query<R extends Row = Row>(sql: string, parameters?: readonly SqlParameter[]): Promise<R[]>;
  /**
   * Runs a statement that returns no rows (INSERT, UPDATE, DELETE, DDL).
   *
   * @returns the number of rows that it changed
   */
  execute(sql: string, parameters?: readonly SqlParameter[]): Promise<number>;
  /**
   * Runs SELECTs and SHOWs in one round trip. Absent where there is none to be saved; `inOneTrip` is
   * for who has the statements.
   *
   * @throws what one of them throws; the answers to the others are lost then
   */
  queryAll?: ((statements: readonly string[]) => Promise<Row[][]>) | undefined;
}

/** A commit in Dolt's history, made together with the SQL COMMIT. */
export interface DoltCommit {
  message: string;
  /** `Name <email>` */
  author: string;
  /** Tables whose changes it takes; none is no Dolt commit. */
  tables: readonly string[];
  /** Commit also where nothing changed, and without tables: the end of a merge. */
  allowEmpty?: boolean;
}

export interface TransactionOptions<T = unknown> {
  /**
   * `write` takes the write turn of this database first (one writer at a time, see
   * docs/decisions/0003-write-turns.md); `read` is a plain snapshot. Default `write`.
   */
  kind?: 'write' | 'read';
  /**
   * Answers, after the connection was lost during COMMIT, whether the work is there (true: done,
   * false: it surely is not, so it may be done again). Without it such a loss is WRITE_UNCERTAIN.
   */
  isDone?: (db: Queryable) => Promise<boolean>;
  /**
   * Commits as a Dolt commit of these tables (none where they did not change), in one step with the
   * SQL COMMIT; a function may make it from what `work` returned, undefined is a plain COMMIT.
   * Prefer it to `CALL DOLT_COMMIT` in `work`, which commits the SQL transaction there and then.
   */
  doltCommit?: DoltCommit | ((value: T) => DoltCommit | undefined);
}

export interface Capabilities {
  /** Whether several processes can write at the same time without waiting for each other's end. */
  readonly concurrentWriters: boolean;
  /** Whether the connection may be lost while the server lives on (so COMMIT can be ambiguous). */
  readonly remote: boolean;
}

/** An open database. Safe to use from many places at once; statements of a transaction stay together. */
export interface Database extends Queryable {
  readonly mode: 'server' | 'embedded';
  /** Name of the database, as in `USE name`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * Runs `work` in one SQL transaction and commits it. Serialization failures (1213, 1205) and
   * connections lost before COMMIT run the whole of `work` again, with jitter and a bound: `work`
   * must have no effect but through `tx`.
   *
   * @throws what `work` throws (after ROLLBACK), or AppError LOCK_TIMEOUT, WRITE_UNCERTAIN
   * @example await db.transaction(async (tx) => { await tx.execute('UPDATE …'); });
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions<T>): Promise<T>;
  /**
   * Runs a statement that reads and tells its columns, for who shows a statement of the user's: in a
   * read-only transaction, in which INSERT, UPDATE and DELETE fail, but Dolt lets DDL and CALL through.
   * In embedded mode it runs twice, so `query` is better for all else. Absent within a transaction.
   */
  table?(sql: string): Promise<Table>;
  close(): Promise<void>;
}
