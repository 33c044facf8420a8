import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { type ConnectionPool, createConnectionPool } from './connection-pool.ts';
import type { OpenTransaction, StatementResult, TransactionDriver } from './driver.ts';
import { openServerConnection, type ServerConnection, type ServerEndpoint } from './server-connection.ts';
import { ConnectionLostError, isSerializationFailure } from './sql-error.ts';
import { formatSql, isRead } from './sql-text.ts';
import { runTransaction, writeUncertain } from './transaction.ts';
import type { Database } from './types.ts';
import { createWriteTurns, type WriteTurns, writeLockName } from './write-turn.ts';

export interface ServerOptions extends ServerEndpoint {
  /** Connections at most, opened as they are needed. Default 10. */
  maxConnections?: number;
  /** How long a writer waits for its turn, in ms. Default 30,000. */
  lockTimeoutMs?: number;
  /** Where writers of this machine line up; see `WriteTurnOptions.queueDirectory`. */
  queueDirectory?: string | undefined;
  /** After a first successful connect: how long to try again when the server is away, in ms. Default 2,000. */
  reconnectMs?: number;
}

/**
 * Opens a database on a running server; the first connection is made here.
 *
 * @throws AppError SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN
 * @example
 * const db = await connectServer({ host: '127.0.0.1', port: 3307, user: 'root', database: 'beads' });
 * try { await db.query('SELECT 1 AS one'); } finally { await db.close(); }
 */
export async function connectServer(options: ServerOptions): Promise<Database> {
  const lockTimeoutMs = options.lockTimeoutMs ?? 30_000;
  const reconnectMs = options.reconnectMs ?? 2_000;
  let connectedOnce = false;
  const pool = createConnectionPool({
    maximum: options.maxConnections ?? 10,
    timeoutMs: lockTimeoutMs,
    open: () => open(connectedOnce ? reconnectMs : 0),
  });
  (await pool.lease()).release();
  connectedOnce = true;
  // Most commands only read.
  let madeTurns: WriteTurns | undefined;
  const writeTurns = () => {
    madeTurns ??= createWriteTurns({
      pool,
      lock: writeLockName(options.database),
      timeoutMs: lockTimeoutMs,
      queueDirectory: options.queueDirectory,
    });
    return madeTurns;
  };
  const driver: TransactionDriver = {
    database: options.database,
    lockTimeoutMs,
    begin: (kind) => (kind === 'write' ? writeTurns().begin() : beginRead(pool)),
  };

  async function open(patienceMs: number): Promise<ServerConnection> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      try {
        return await openServerConnection(options);
      } catch (error) {
        const away = error instanceof AppError && error.code === 'SERVER_UNREACHABLE';
        if (!away || Date.now() >= deadline) throw error;
        await delay(25 + Math.random() * 50);
      }
    }
  }

  const query = (sql: string) => ask((connection) => connection.run(sql), isRead(sql));

  async function ask<T>(question: (connection: ServerConnection) => Promise<T>, reads: boolean): Promise<T> {
    const deadline = Date.now() + reconnectMs;
    for (;;) {
      const { connection, release } = await pool.lease();
      try {
        return await question(connection);
      } catch (error) {
        const lost = error instanceof ConnectionLostError;
        if (lost && error.inFlight && !reads) throw writeUncertain(error);
        if (!(lost || isSerializationFailure(error)) || Date.now() >= deadline) throw error;
      } finally {
        release();
      }
      await delay(10 + Math.random() * 30);
    }
  }

  return {
    mode: 'server',
    name: options.database,
    capabilities: { concurrentWriters: true, remote: true },
    // Rows are what the caller says they are: types.ts describes their values.
    query: async (sql, parameters) => (await query(formatSql(sql, parameters))).rows as never[],
    queryAll: async (statements) =>
      (await ask((connection) => connection.runAll(statements), true)).map(({ rows }) => rows),
    execute: (sql, parameters) => runTransaction(driver, (tx) => tx.execute(sql, parameters)),
    transaction: (work, transactionOptions) => runTransaction(driver, work, transactionOptions),
    table: async (sql) => {
      const { rows, columns = [] } = await ask((connection) => readOnly(connection, sql), true);
      return { rows, columns };
    },
    close: () => {
      madeTurns?.close();
      return pool.close();
    },
  };
}

/** In a transaction in which the database itself refuses to write. */
async function readOnly(connection: ServerConnection, sql: string): Promise<StatementResult> {
  try {
    return await connection.run(sql, { before: ['START TRANSACTION READ ONLY'] });
  } finally {
    await connection.run('ROLLBACK').catch(() => connection.close());
  }
}

async function beginRead(pool: ConnectionPool): Promise<OpenTransaction> {
  const { connection, release } = await pool.lease();
  let begun = false;
  const finish = async () => {
    if (begun) await connection.run('ROLLBACK').catch(() => connection.close());
    release();
  };
  return {
    run(sql) {
      const before = begun ? [] : ['START TRANSACTION READ ONLY'];
      begun = true;
      return connection.run(sql, { before });
    },
    commit: finish,
    rollback: finish,
  };
}
