import type { Row } from './types.ts';

/** What one statement answered. */
export interface StatementResult {
  readonly rows: Row[];
  /** Names of the columns, where the driver gets to know them. */
  readonly columns?: readonly string[];
  /** Rows changed; 0 for statements that return rows. */
  readonly changed: number;
}

/** The SQL of a Dolt commit. */
export interface DoltCommitStatements {
  /** Stages the tables, if there are any. */
  readonly add: string | undefined;
  /** Commits, in Dolt's history and the whole SQL transaction. */
  readonly commit: string;
}

/** An open SQL transaction of a driver. After an error of `run` only `rollback` is called. */
export interface OpenTransaction {
  run(sql: string): Promise<StatementResult>;
  /**
   * Commits, with a Dolt commit where one is given, and gives the write turn back. When it throws,
   * `rollback` must follow.
   *
   * @throws SqlError (surely not committed) or ConnectionLostError (nobody knows)
   */
  commit(doltCommit: DoltCommitStatements | undefined): Promise<void>;
  /** Gives up, and gives the write turn back. Does not throw. */
  rollback(): Promise<void>;
}

/** The part of a driver that the transaction runner needs. */
export interface TransactionDriver {
  readonly database: string;
  /** How long to wait for others to let go of the database, in ms. */
  readonly lockTimeoutMs: number;
  /** @throws AppError LOCK_TIMEOUT, SERVER_UNREACHABLE, ACCESS_DENIED, … */
  begin(kind: 'write' | 'read'): Promise<OpenTransaction>;
}
