import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import type { DoltSqlSession } from './dolt-sql-session.ts';
import type { OpenTransaction, TransactionDriver } from './driver.ts';
import { createEmbeddedHolder } from './embedded-holder.ts';
import { createFairQueue } from './fair-queue.ts';
import { type DoltSqlChild, type SpawnDoltSqlOptions, spawnDoltSql } from './spawn-dolt-sql.ts';
import { ConnectionLostError, databaseClosed, isHeldElsewhere } from './sql-error.ts';
import { formatSql, isRead } from './sql-text.ts';
import { heldElsewhere, runTransaction, writeUncertain } from './transaction.ts';
import type { Database } from './types.ts';

export interface EmbeddedOptions extends SpawnDoltSqlOptions {
  /** Directory of the lock that orders processes. Not inside `.dolt`. */
  lockDirectory: string;
  /** What this process does, for the message to those who wait: `bd create`. */
  purpose: string;
  /** How long a writer waits for its turn, in ms. Default 30,000. */
  lockTimeoutMs?: number;
  /** How long a statement may take before it is given up, in ms. Default 600,000, as on a server. */
  statementTimeoutMs?: number | undefined;
  /** A child that `spawnDoltSql` started with the same options. */
  child?: DoltSqlChild | undefined;
  /** The caller is going to write: it takes its turn before it reads, too. */
  writes?: boolean;
  /** From which size of its journal, in bytes, a writer has Dolt collect garbage at its end. Default 8 MB. */
  tidyFromBytes?: number | undefined;
}

// How often an idle holder looks whether another process waits.
const IDLE_LOOK_MS = 50;
// How long a read is asked again whose child died.
const LOST_RETRY_MS = 2_000;

/**
 * Opens a database without a server: a `dolt sql` child for as long as nobody else waits for it.
 * Reads never wait for a writer; writers of all processes take turns.
 *
 * @throws AppError DOLT_NOT_FOUND, DATABASE_UNKNOWN at the first statement
 * @example
 * const db = await openEmbedded({ doltBin, directory: '.beads/embeddeddolt/beads', database: 'beads',
 *   doltHome, env: process.env, lockDirectory: '.beads/embeddeddolt/.lock', purpose: 'bd list' });
 * try { await db.query('SELECT 1 AS one'); } finally { await db.close(); }
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const lockTimeoutMs = options.lockTimeoutMs ?? 30_000;
  const queue = createFairQueue();
  const holder = createEmbeddedHolder({
    spawn: () => spawnDoltSql(options),
    child: options.child ?? (options.writes ? undefined : spawnDoltSql(options)),
    writes: options.writes ?? false,
    directory: options.directory,
    database: options.database,
    tidyFromBytes: options.tidyFromBytes,
    lockDirectory: options.lockDirectory,
    lockTimeoutMs,
    purpose: options.purpose,
    statementTimeoutMs: options.statementTimeoutMs ?? 600_000,
  });
  let closed = false;
  let watch: NodeJS.Timeout | undefined;

  /** Takes this process's one child; `leave` gives it to the next caller. */
  async function enter(kind: 'read' | 'write'): Promise<{ session: DoltSqlSession; leave(): Promise<void> }> {
    if (closed) throw databaseClosed('before');
    const pass = await queue.enter(lockTimeoutMs);
    if (!pass) throw ownQueueTimeout(lockTimeoutMs);
    if (closed) {
      pass();
      throw databaseClosed('meanwhile');
    }
    clearTimeout(watch);
    const leave = async () => {
      await holder.pause(false);
      watchIdle();
      pass();
    };
    try {
      return { session: await holder.session(kind), leave };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  /** A program that keeps the database open but does nothing must not keep others out. */
  function watchIdle(): void {
    clearTimeout(watch);
    if (closed) return;
    watch = setTimeout(async () => {
      const pass = queue.inside === 0 ? await queue.enter(0) : undefined;
      if (!pass) return;
      await holder.pause(true);
      watchIdle();
      pass();
    }, IDLE_LOOK_MS).unref();
  }

  async function begin(kind: 'read' | 'write'): Promise<OpenTransaction> {
    const { session, leave } = await enter(kind);
    const start = kind === 'read' ? 'START TRANSACTION READ ONLY' : 'START TRANSACTION';
    let begun = false;
    return {
      run(sql) {
        if (begun) return session.run(sql);
        begun = true;
        return session.run(start, sql);
      },
      async commit(doltCommit) {
        const { add, commit } = doltCommit ?? {};
        if (begun) await session.run(...(add ? [add] : []), ...(commit ? [commit] : []), 'COMMIT');
        await leave();
      },
      async rollback() {
        if (begun && session.alive) await session.run('ROLLBACK').catch(() => undefined);
        await leave();
      },
    };
  }

  const query = (sql: string) => ask((session) => session.run(sql), isRead(sql) ? 'read' : 'write');

  async function ask<T>(question: (session: DoltSqlSession) => Promise<T>, kind: 'read' | 'write'): Promise<T> {
    const started = Date.now();
    for (;;) {
      const { session, leave } = await enter(kind);
      try {
        return await question(session);
      } catch (error) {
        if (isHeldElsewhere(error)) {
          if (Date.now() - started > lockTimeoutMs) throw heldElsewhere(driver, error);
        } else if (!(error instanceof ConnectionLostError) || Date.now() - started > LOST_RETRY_MS) {
          throw error;
        } else if (error.inFlight && kind === 'write') throw writeUncertain(error);
      } finally {
        await leave();
      }
      await delay(10 + Math.random() * 30);
    }
  }

  const driver: TransactionDriver = { database: options.database, lockTimeoutMs, begin };
  return {
    mode: 'embedded',
    name: options.database,
    capabilities: { concurrentWriters: false, remote: false },
    // Rows are what the caller says they are: types.ts describes their values.
    query: async (sql, parameters) => (await query(formatSql(sql, parameters))).rows as never[],
    queryAll: (statements) => ask((session) => session.runAll(statements), 'read'),
    execute: (sql, parameters) => runTransaction(driver, (tx) => tx.execute(sql, parameters)),
    transaction: (work, transactionOptions) => runTransaction(driver, work, transactionOptions),
    async table(sql) {
      const rows = await runTransaction(driver, (tx) => tx.query(sql), { kind: 'read' });
      const { columnNames } = await import('./column-names.ts');
      return { rows, columns: await columnNames(options, sql) };
    },
    async close() {
      closed = true;
      clearTimeout(watch);
      await holder.close();
    },
  };
}

function ownQueueTimeout(lockTimeoutMs: number): AppError {
  return new AppError(
    'LOCK_TIMEOUT',
    `database is locked: waited ${formatDuration(lockTimeoutMs)} for pid ${process.pid}, this process, which has more to do`,
    { hint: 'run the command again' },
  );
}
