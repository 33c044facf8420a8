import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import { acquireLock, type ProcessLock } from '../util/process-lock.ts';
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
  /** Whoever waits in line gives up; the rest ends with the pool. */
  close(): void;
}

export interface WriteTurnOptions {
  pool: ConnectionPool;
  /** Name of the lock. */
  lock: string;
  /** How long to wait for the turn, in ms; the server counts it in whole seconds. */
  timeoutMs: number;
  /** Where the processes of this machine line up for the turn; without it they all ask the server at once. */
  queueDirectory?: string | undefined;
}

/** A connection that holds the lock, and since when. */
interface Turn {
  readonly lease: LeasedConnection;
  readonly since: number;
}

/**
 * Write transactions of this process, one after the other, on a connection that holds the lock
 * among processes. Neighbours in the queue share one hold of the lock, up to a slice of time:
 * docs/decisions/0003-write-turns.md.
 */
export function createWriteTurns(options: WriteTurnOptions): WriteTurns {
  const queue = createFairQueue();
  const release = `SELECT RELEASE_LOCK(${sqlLiteral(options.lock)})`;
  let turn: Turn | undefined;
  const closing = new AbortController();

  async function take(waitedSince: number): Promise<Turn> {
    const lease = await options.pool.lease();
    try {
      const leftMs = Math.max(options.timeoutMs - (Date.now() - waitedSince), 0);
      await takeLock(lease.connection, { ...options, signal: closing.signal }, leftMs);
      return { lease, since: Date.now() };
    } catch (error) {
      await lease.connection.close();
      lease.release();
      throw error;
    }
  }

  function openTransaction({ lease, since }: Turn, leave: () => void): OpenTransaction {
    const { connection } = lease;
    let begun = false;

    /** Ends the transaction with `sql`; the lock is kept when a neighbour waits for it. */
    async function finish(sql: string, ...after: string[]): Promise<void> {
      const keep = queue.waiting > 0 && Date.now() - since < SLICE_MS;
      if (begun) await connection.run(sql, { after: [...after, ...(keep ? [] : [release])] });
      // A neighbour may have given up waiting in the meantime. Closing frees the lock as well.
      const left = keep ? queue.waiting === 0 : !begun;
      if (left) await connection.run(release).catch(() => connection.close());
      if (left || !keep) drop(lease);
    }

    return {
      run(sql) {
        const before = begun ? [] : ['START TRANSACTION'];
        begun = true;
        return connection.run(sql, { before });
      },
      async commit(doltCommit) {
        if (doltCommit && begun) {
          if (doltCommit.add) await connection.run(doltCommit.add);
          // What follows a Dolt commit is a new transaction, and empty; after a failure it is what failed.
          await finish(doltCommit.commit, 'ROLLBACK');
        } else await finish('COMMIT');
        leave();
      },
      async rollback() {
        try {
          await finish('ROLLBACK');
        } catch {
          // Without its connection the server rolls back and frees the lock by itself.
          await connection.close();
          drop(lease);
        }
        leave();
      },
    };
  }

  function drop(lease: LeasedConnection): void {
    turn = undefined;
    lease.release();
  }

  return {
    close: () => closing.abort(),
    async begin() {
      const asked = Date.now();
      const leave = await queue.enter(options.timeoutMs);
      if (!leave) throw lockTimeout(options, `held by pid ${process.pid}, this process, which has more to write`);
      try {
        turn ??= await take(asked);
      } catch (error) {
        leave();
        throw error;
      }
      return openTransaction(turn, leave);
    },
  };
}

/**
 * Takes the lock: at once where it is free and nobody waits, else behind those who do. Dolt gives it
 * to any of its waiters, and each of them asks 10,000 times a second, so only one of them is let to it.
 */
async function takeLock(
  connection: ServerConnection,
  options: WriteTurnOptions & { signal: AbortSignal },
  leftMs: number,
): Promise<void> {
  const lock = sqlLiteral(options.lock);
  const got = async (ms: number) => {
    const { rows } = await connection.run(`SELECT GET_LOCK(${lock}, ${Math.ceil(ms / 1000)}) AS got`);
    return rows[0]?.['got'] === 1;
  };
  const { queueDirectory: queue } = options;
  if (queue === undefined) {
    if (!(await got(leftMs))) throw lockTimeout(options, await holderOf(connection, lock));
    return;
  }
  if (isEmpty(queue) && (await got(0))) return;
  const deadline = Date.now() + leftMs;
  // Behind one that is stopped in its tracks nobody waits for ever: whoever has waited for half of the time asks.
  const place = await lineUp(queue, leftMs / 2, options.signal);
  try {
    if (!(await got(Math.max(deadline - Date.now(), 0)))) throw lockTimeout(options, await holderOf(connection, lock));
  } finally {
    // A place that cannot be given up counts until this process ends; the turn is ours all the same.
    await place?.release().catch(() => undefined);
  }
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch {
    return true;
  }
}

/** @returns undefined when it took too long, or where no queue can be kept: the lock itself is what counts */
async function lineUp(directory: string, timeoutMs: number, signal: AbortSignal): Promise<ProcessLock | undefined> {
  try {
    return await acquireLock({ directory, purpose: 'the turn to write', timeoutMs, signal });
  } catch {
    return undefined;
  }
}

function lockTimeout(options: WriteTurnOptions, holder: string): AppError {
  return new AppError(
    'LOCK_TIMEOUT',
    `database is locked: waited ${formatDuration(options.timeoutMs)} for the turn to write (${options.lock}), ${holder}`,
    { hint: 'wait for that process to end, then run the command again' },
  );
}

async function holderOf(connection: ServerConnection, lock: string): Promise<string> {
  try {
    const { rows } = await connection.run(
      `SELECT id, user, host, command, time FROM information_schema.processlist WHERE id = IS_USED_LOCK(${lock})`,
    );
    const [row] = rows;
    if (!row) return 'which its holder gave back just now';
    return `held by connection ${row['id']} (${row['user']}@${row['host']}, ${row['command']} for ${row['time']} s)`;
  } catch {
    return 'holder unknown';
  }
}
