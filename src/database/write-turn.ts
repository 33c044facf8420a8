import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import type { ConnectionPool, LeasedConnection } from './connection-pool.ts';
import type { OpenTransaction } from './driver.ts';
import { createFairQueue } from './fair-queue.ts';
import type { ServerConnection } from './server-connection.ts';
import { sqlLiteral } from './sql-text.ts';

// How long this process keeps the turn for its own queue before others get theirs.
const SLICE_MS = 100;

/**
 * Name of the lock that writers of a database take with GET_LOCK: `beads.write.<database>`, or a
 * hash of the name where that would pass MySQL's limit of 64 characters. Whoever writes with a
 * client of their own can take the same turn.
 *
 * @example writeLockName('gastown') // beads.write.gastown
 */
export function writeLockName(database: string): string {
  const name = `beads.write.${database.toLowerCase()}`;
  return name.length < 64 ? name : `beads.write.${createHash('sha256').update(database).digest('hex').slice(0, 32)}`;
}

export interface WriteTurns {
  /** @throws AppError LOCK_TIMEOUT naming the holder, or what the pool throws */
  begin(): Promise<OpenTransaction>;
}

export interface WriteTurnOptions {
  pool: ConnectionPool;
  /** Name of the lock. */
  lock: string;
  /** How long to wait for the turn, in ms; the server counts it in whole seconds. */
  timeoutMs: number;
}

/**
 * Write transactions of this process, one after the other, on a connection that holds the lock
 * among processes. Neighbours in the queue share one hold of the lock, up to a slice of time:
 * docs/decisions/0003-write-turns.md.
 */
export function createWriteTurns(options: WriteTurnOptions): WriteTurns {
  const queue = createFairQueue();
  let turn: { lease: LeasedConnection; since: number } | undefined;

  async function take(): Promise<{ lease: LeasedConnection; since: number }> {
    const lease = await options.pool.lease();
    try {
      await takeLock(lease.connection, options);
      return { lease, since: Date.now() };
    } catch (error) {
      await lease.connection.close();
      lease.release();
      throw error;
    }
  }

  return {
    async begin() {
      const leave = await queue.enter(options.timeoutMs);
      if (!leave) throw lockTimeout(options, `held by pid ${process.pid}, this process, which has more to write`);
      try {
        turn ??= await take();
      } catch (error) {
        leave();
        throw error;
      }
      const { lease, since } = turn;
      const { connection } = lease;

      /** Ends the transaction; the lock is kept, and the next one begun, when a neighbour waits. */
      async function finish(statements: readonly string[]): Promise<void> {
        const keep = queue.waiting > 0 && Date.now() - since < SLICE_MS;
        await connection.run([...statements, keep ? 'START TRANSACTION' : releaseSql(options.lock)].join(';'));
        if (keep && queue.waiting > 0) return;
        // The neighbour gave up waiting in the meantime. Closing frees the lock as well.
        if (keep) await connection.run(`ROLLBACK;${releaseSql(options.lock)}`).catch(() => connection.close());
        drop();
      }

      function drop(): void {
        turn = undefined;
        lease.release();
      }

      return {
        async run(sql) {
          const [result] = await connection.run(sql);
          return result ?? { rows: [], changed: 0 };
        },
        async commit(statements) {
          await finish([...statements, 'COMMIT']);
          leave();
        },
        async rollback() {
          try {
            await finish(['ROLLBACK']);
          } catch {
            // Without its connection the server rolls back and frees the lock by itself.
            await connection.close();
            drop();
          }
          leave();
        },
      };
    },
  };
}

/** Takes the lock and begins a transaction, in one round trip. */
async function takeLock(connection: ServerConnection, options: WriteTurnOptions): Promise<void> {
  const seconds = Math.ceil(options.timeoutMs / 1000);
  const lock = sqlLiteral(options.lock);
  const [answer] = await connection.run(`SELECT GET_LOCK(${lock}, ${seconds}) AS got;START TRANSACTION`);
  if (answer?.rows[0]?.['got'] === 1) return;
  throw lockTimeout(options, await holderOf(connection, lock));
}

function lockTimeout(options: WriteTurnOptions, holder: string): AppError {
  return new AppError(
    'LOCK_TIMEOUT',
    `database is locked: waited ${formatDuration(options.timeoutMs)} for the turn to write (${options.lock}), ${holder}`,
    { hint: 'wait for that process to end, then run the command again' },
  );
}

function releaseSql(lock: string): string {
  return `SELECT RELEASE_LOCK(${sqlLiteral(lock)})`;
}

async function holderOf(connection: ServerConnection, lock: string): Promise<string> {
  try {
    const [answer] = await connection.run(
      `SELECT id, user, host, command, time FROM information_schema.processlist WHERE id = IS_USED_LOCK(${lock})`,
    );
    const row = answer?.rows[0];
    if (!row) return 'which its holder gave back just now';
    return `held by connection ${row['id']} (${row['user']}@${row['host']}, ${row['command']} for ${row['time']} s)`;
  } catch {
    return 'holder unknown';
  }
}
