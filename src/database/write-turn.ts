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

  async function take(waitedSince: number): Promise<Turn> {
    const lease = await options.pool.lease();
    try {
      const leftMs = Math.max(options.timeoutMs - (Date.now() - waitedSince), 0);
      await takeLock(lease.connection, options, leftMs);
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

/** Takes the lock. */
async function takeLock(connection: ServerConnection, options: WriteTurnOptions, leftMs: number): Promise<void> {
  const lock = sqlLiteral(options.lock);
  const { rows } = await connection.run(`SELECT GET_LOCK(${lock}, ${Math.ceil(leftMs / 1000)}) AS got`);
  if (rows[0]?.['got'] !== 1) throw lockTimeout(options, await holderOf(connection, lock));
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
