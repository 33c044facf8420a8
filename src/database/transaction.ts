import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import type { DoltCommitStatements, OpenTransaction, StatementResult, TransactionDriver } from './driver.ts';
import { ConnectionLostError, isHeldElsewhere, isSerializationFailure } from './sql-error.ts';
import { formatSql } from './sql-text.ts';
import type { Queryable, SqlParameter, TransactionOptions } from './types.ts';

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
  let thrown: unknown;
  try {
    const value = await work(tx.queryable);
    await tx.end();
    // `work` may have swallowed the error of a statement; its transaction is over all the same.
    if (tx.failure !== undefined) throw tx.failure;
    returned = { value };
    await open.commit(doltCommitOf(value, options));
    return returned;
  } catch (error) {
    thrown = error;
  }
  await tx.end();
  await open.rollback();
  const error = tx.failure ?? thrown;
  if (error instanceof ConnectionLostError) {
    const ambiguous = tx.mayHaveCommitted || (returned !== undefined && error.inFlight);
    return ambiguous ? { error, uncertain: { error, ...(returned ? { returned } : {}) } } : { error };
  }
  // A database that is open read-only was so from the start of the transaction.
  if (isHeldElsewhere(error) || (isSerializationFailure(error) && !tx.mayHaveCommitted)) return { error };
  throw thrown;
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
      await tx.end();
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
  /** A statement that commits by itself was done, or its answer was lost. */
  readonly mayHaveCommitted: boolean;
  /** Refuses statements from now on, and waits for one that is under way. */
  end(): Promise<void>;
}

// Dolt's procedures commit the SQL transaction, but for staging and a merge that is told not to; DDL
// does as in MySQL.
const COMMITS =
  /^\s*(?:CALL\s+DOLT_(?!ADD\b|MERGE\('--no-commit')\w+|CREATE|ALTER|DROP|TRUNCATE|RENAME|COMMIT|START|BEGIN)\b/i;

/** The statements of one transaction: one at a time, none after one that failed. */
function createStatements(open: OpenTransaction): Statements {
  let failure: unknown;
  let mayHaveCommitted = false;
  let ended = false;
  let last: Promise<unknown> = Promise.resolve();

  async function runNow(sql: string, parameters?: readonly SqlParameter[]): Promise<StatementResult> {
    if (ended) throw new Error('a statement came after the end of its transaction');
    if (failure !== undefined) {
      throw new AppError('CONFLICT', 'an earlier statement failed, so this transaction is over', { cause: failure });
    }
    const text = formatSql(sql, parameters);
    const commits = COMMITS.test(sql);
    try {
      const result = await open.run(text);
      mayHaveCommitted ||= commits;
      return result;
    } catch (error) {
      failure = error;
      mayHaveCommitted ||= commits && error instanceof ConnectionLostError;
      throw error;
    }
  }

  function run(sql: string, parameters?: readonly SqlParameter[]): Promise<StatementResult> {
    const result = last.then(() => runNow(sql, parameters));
    last = result.catch(() => undefined);
    return result;
  }

  return {
    get failure() {
      return failure;
    },
    get mayHaveCommitted() {
      return mayHaveCommitted;
    },
    async end() {
      ended = true;
      await last;
    },
    queryable: {
      // Rows are what the caller says they are: types.ts describes their values.
      query: async (sql, parameters) => (await run(sql, parameters)).rows as never[],
      execute: async (sql, parameters) => (await run(sql, parameters)).changed,
    },
  };
}

function doltCommitOf<T>(value: T, { doltCommit }: TransactionOptions<T>): DoltCommitStatements | undefined {
  const commit = typeof doltCommit === 'function' ? doltCommit(value) : doltCommit;
  if (!commit || (commit.tables.length === 0 && !commit.allowEmpty)) return undefined;
  const places = commit.tables.map(() => '?').join(', ');
  const empty = commit.allowEmpty ? '--allow-empty' : '--skip-empty';
  return {
    add: places === '' ? undefined : formatSql(`CALL DOLT_ADD(${places})`, commit.tables),
    commit: formatSql("CALL DOLT_COMMIT(?, '-m', ?, '--author', ?)", [empty, commit.message, commit.author]),
  };
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
