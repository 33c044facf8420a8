import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import type { OpenTransaction, TransactionDriver } from './driver.ts';
import { ConnectionLostError, isHeldElsewhere, isSerializationFailure } from './sql-error.ts';
import { formatSql } from './sql-text.ts';
import type { DoltCommit, Queryable, SqlParameter, TransactionOptions } from './types.ts';

const RETRY = { tries: 10, totalMs: 5_000, firstMs: 10, lastMs: 500 };

/**
 * Runs `work` in a transaction of `driver` and again where it surely rolled back, see
 * `Database.transaction`.
 */
export async function runTransaction<T>(
  driver: TransactionDriver,
  work: (tx: Queryable) => Promise<T>,
  options: TransactionOptions<T> = {},
): Promise<T> {
  const started = Date.now();
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await begin(driver, options).then(
      (open) => attemptOnce(open, work, options),
      (error: unknown): Outcome<T> => {
        // Nothing of `work` was sent yet.
        if (error instanceof ConnectionLostError) return { error };
        throw error;
      },
    );
    if ('value' in outcome) return outcome.value;
    if ('uncertain' in outcome) {
      const done = await settle(driver, outcome.uncertain, options);
      if (done) return done.value;
    }
    if (isHeldElsewhere(outcome.error)) {
      if (Date.now() - started > driver.lockTimeoutMs) throw heldElsewhere(driver, outcome.error);
    } else if (attempt >= RETRY.tries || Date.now() - started > RETRY.totalMs) {
      throw exhausted(driver, attempt, outcome.error);
    }
    await delay(Math.min(RETRY.firstMs * 2 ** attempt, RETRY.lastMs) * Math.random());
  }
}

function begin<T>(driver: TransactionDriver, options: TransactionOptions<T>): Promise<OpenTransaction> {
  return driver.begin(options.kind ?? 'write');
}

/** Dolt refused, and surely nothing was done. */
function isRolledBack(error: unknown): boolean {
  return isSerializationFailure(error) || isHeldElsewhere(error);
}

interface Uncertain<T> {
  readonly error: unknown;
  /** What `work` returned; absent when it was interrupted in a statement that commits by itself. */
  readonly returned?: { readonly value: T };
}

type Outcome<T> = { value: T } | { error: unknown } | { error: unknown; uncertain: Uncertain<T> };

/** Either the value, or the error of an attempt that may be made again; other errors are thrown. */
async function attemptOnce<T>(
  open: OpenTransaction,
  work: (tx: Queryable) => Promise<T>,
  options: TransactionOptions<T>,
): Promise<Outcome<T>> {
  const tx = createStatements(open);
  let returned: { value: T } | undefined;
  try {
    returned = { value: await work(tx.queryable) };
    if (tx.failure === undefined) {
      tx.end();
      const commit = typeof options.doltCommit === 'function' ? options.doltCommit(returned.value) : options.doltCommit;
      await open.commit(commit ? doltCommitStatements(commit) : []);
      return returned;
    }
  } catch (thrown) {
    const error = tx.failure ?? thrown;
    tx.end();
    await open.rollback();
    if (error instanceof ConnectionLostError) {
      const ambiguous = tx.mayHaveCommitted || (returned !== undefined && error.inFlight);
      return ambiguous ? { error, uncertain: { error, ...(returned ? { returned } : {}) } } : { error };
    }
    if (isRolledBack(error) && !tx.mayHaveCommitted) return { error };
    throw thrown;
  }
  // `work` swallowed the error of a statement; its transaction is over all the same.
  tx.end();
  await open.rollback();
  const { failure } = tx;
  const again = failure instanceof ConnectionLostError || isRolledBack(failure);
  if (again && !tx.mayHaveCommitted) return { error: failure };
  throw failure;
}

/**
 * Looks, in a new transaction, whether the work of a lost COMMIT is there. It takes the same turn,
 * which is free only when the lost connection's session has ended.
 */
async function settle<T>(
  driver: TransactionDriver,
  uncertain: Uncertain<T>,
  options: TransactionOptions<T>,
): Promise<{ value: T } | undefined> {
  if (!options.isDone) throw writeUncertain(uncertain.error);
  let done: boolean;
  try {
    const open = await begin(driver, options);
    const tx = createStatements(open);
    try {
      done = await options.isDone(tx.queryable);
    } finally {
      tx.end();
      await open.rollback();
    }
  } catch (error) {
    throw writeUncertain(error);
  }
  if (done && !uncertain.returned) throw writeUncertain(uncertain.error);
  return uncertain.returned && done ? uncertain.returned : undefined;
}

interface Statements {
  readonly queryable: Queryable;
  /** The first error of a statement. */
  readonly failure: unknown;
  /** A statement that commits by itself was sent. */
  readonly mayHaveCommitted: boolean;
  /** Refuses statements from now on. */
  end(): void;
}

// Dolt's procedures commit the SQL transaction, but for staging; DDL does as in MySQL.
const COMMITS = /^\s*(?:CALL\s+DOLT_(?!ADD\b)\w+|CREATE|ALTER|DROP|TRUNCATE|RENAME|COMMIT|START|BEGIN)\b/i;

function createStatements(open: OpenTransaction): Statements {
  let failure: unknown;
  let mayHaveCommitted = false;
  let ended = false;
  const run = async (sql: string, parameters?: readonly SqlParameter[]) => {
    if (ended) throw new Error('a statement came after the end of its transaction');
    if (failure !== undefined) {
      throw new AppError('CONFLICT', 'an earlier statement failed, so this transaction is over', { cause: failure });
    }
    if (COMMITS.test(sql)) mayHaveCommitted = true;
    const text = formatSql(sql, parameters);
    try {
      return await open.run(text);
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return {
    get failure() {
      return failure;
    },
    get mayHaveCommitted() {
      return mayHaveCommitted;
    },
    end() {
      ended = true;
    },
    queryable: {
      // Rows are what the caller says they are: types.ts describes their values.
      query: async (sql, parameters) => (await run(sql, parameters)).rows as never[],
      execute: async (sql, parameters) => (await run(sql, parameters)).changed,
    },
  };
}

function doltCommitStatements(commit: DoltCommit): string[] {
  const tables = commit.tables.map(() => '?').join(', ');
  return [
    formatSql(`CALL DOLT_ADD(${tables})`, commit.tables),
    formatSql("CALL DOLT_COMMIT('--skip-empty', '-m', ?, '--author', ?)", [commit.message, commit.author]),
  ];
}

/** The connection broke while something was written. */
export function writeUncertain(cause: unknown): AppError {
  return new AppError('WRITE_UNCERTAIN', `the write may or may not be there: ${messageOf(cause)}`, {
    hint: 'look before you do it again',
    cause,
  });
}

/** A program that does not take turns has the database open for writing. */
export function heldElsewhere(driver: TransactionDriver, cause: unknown): AppError {
  return new AppError(
    'LOCK_TIMEOUT',
    `database is locked: waited ${formatDuration(driver.lockTimeoutMs)} for another program that has ${driver.database} open`,
    { hint: 'end that program (a dolt shell or server on the directory), then run the command again', cause },
  );
}

function exhausted(driver: TransactionDriver, attempts: number, cause: unknown): AppError {
  if (cause instanceof ConnectionLostError) return cause;
  return new AppError('CONFLICT', `${driver.database}: other writers were in the way ${attempts} times`, {
    hint: 'run the command again',
    cause,
  });
}
