import { existsSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { acquireLock, type ProcessLock } from '../util/process-lock.ts';
import { createDoltSqlSession, type DoltSqlSession } from './dolt-sql-session.ts';
import type { DoltSqlChild } from './spawn-dolt-sql.ts';
import { databaseClosed } from './sql-error.ts';
import { TIDY_FROM_BYTES, tidyJournal } from './tidy-journal.ts';

export interface HolderOptions {
  spawn: () => DoltSqlChild;
  /** A child that was started ahead. */
  child?: DoltSqlChild | undefined;
  /** Take the lock for reads, too: a child without it would have to make way for another one at the first write. */
  writes?: boolean;
  /** The database's directory, or the one above it. */
  directory: string;
  database: string;
  lockDirectory: string;
  lockTimeoutMs: number;
  /** What the lock is held for, for the message to those who wait. */
  purpose: string;
  /** How long a statement may take, in ms; default no limit. */
  statementTimeoutMs?: number | undefined;
  /** From which size of its journal a writer has Dolt collect garbage at its end; default 8 MB. */
  tidyFromBytes?: number | undefined;
}

/** The child of this process and the lock that goes with it. Callers take turns themselves. */
export interface EmbeddedHolder {
  /**
   * A live session. For a write it holds the lock; a read does not wait for the lock: without it
   * Dolt opens the database read-only and shows what is committed.
   *
   * @throws AppError LOCK_TIMEOUT naming the holder
   */
  session(kind: 'read' | 'write'): Promise<DoltSqlSession>;
  /**
   * Does not throw. Between two uses: ends a child without the lock, whose view grows old, and gives way to other
   * processes when they wait. A busy holder does so once in a slice of time, an idle one at once.
   */
  pause(idle: boolean): Promise<void>;
  /** Ends the child and frees the lock. */
  close(): Promise<void>;
}

// How long a busy process goes on before it looks whether others wait.
const SLICE_MS = 500;

function gone(directory: string): AppError {
  return new AppError('CONFLICT', `${directory} went away a moment ago; nothing was written`, {
    hint: 'run the command again',
  });
}

export function createEmbeddedHolder(options: HolderOptions): EmbeddedHolder {
  let early = options.child;
  let session: DoltSqlSession | undefined;
  let lock: ProcessLock | undefined;
  let since = 0;
  let wrote = false;
  const { tidyFromBytes = TIDY_FROM_BYTES } = options;
  const closing = new AbortController();

  function start(): DoltSqlSession {
    const child = early ?? options.spawn();
    early = undefined;
    return createDoltSqlSession(child, options.directory, options.statementTimeoutMs);
  }

  async function end(): Promise<void> {
    if (session?.alive && lock && wrote) await tidyJournal(session, { ...options, fromBytes: tidyFromBytes });
    wrote = false;
    await session?.close();
    session = undefined;
    // A ticket that cannot be removed counts until this process ends.
    await lock?.release().catch(() => undefined);
    lock = undefined;
  }

  function waitForLock(timeoutMs: number): Promise<ProcessLock> {
    const { lockDirectory: directory, purpose } = options;
    return acquireLock({ directory, purpose, timeoutMs, signal: closing.signal });
  }

  async function lockIfFree(kind: 'read' | 'write'): Promise<ProcessLock | undefined> {
    try {
      return await waitForLock(0);
    } catch (error) {
      // A read gets on without it, also where its directory cannot be written.
      if (kind === 'read' || (error instanceof AppError && error.code === 'LOCK_TIMEOUT')) return undefined;
      throw error;
    }
  }

  async function find(asked: 'read' | 'write'): Promise<DoltSqlSession> {
    const kind = options.writes ? 'write' : asked;
    if (session && !session.alive) {
      // The lock stays: only the child ended.
      await session.close();
      session = undefined;
    }
    if (session && (lock || kind === 'read')) return session;
    // The child of a reader starts while the lock is asked for, which it can do without.
    if (early || kind === 'read') session ??= start();
    lock ??= await lockIfFree(kind);
    if (!lock && kind === 'write') {
      // Its read-only view is of no use to a writer, and it may be in the way of the one ahead.
      await end();
      lock = await waitForLock(options.lockTimeoutMs);
      // `bd dolt move` had the turn before us.
      if (!existsSync(options.directory)) throw gone(options.directory);
    }
    since = Date.now();
    session ??= start();
    return session;
  }

  return {
    async session(kind) {
      const found = await find(kind);
      wrote ||= kind === 'write';
      if (!closing.signal.aborted) return found;
      await end();
      throw databaseClosed('meanwhile');
    },
    async pause(idle) {
      if (!session && !lock) return;
      if (!idle && Date.now() - since < SLICE_MS) return;
      if (!lock || (await lock.contended().catch(() => true))) await end();
      else since = Date.now();
    },
    async close() {
      closing.abort();
      early?.process.stdin.end();
      await end();
    },
  };
}
