import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { AppError } from '../errors.ts';
import { acquireLock, type ProcessLock } from '../util/process-lock.ts';
import { createDoltSqlSession, type DoltSqlSession } from './dolt-sql-session.ts';

export interface HolderOptions {
  spawn: () => ChildProcessWithoutNullStreams;
  /** A child that was started ahead. */
  child?: ChildProcessWithoutNullStreams | undefined;
  /** The database's directory. */
  directory: string;
  lockDirectory: string;
  lockTimeoutMs: number;
  /** What the lock is held for, for the message to those who wait. */
  purpose: string;
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
   * Between two uses: ends a child without the lock, whose view grows old, and gives way to other
   * processes when they wait. A busy holder does so once in a slice of time, an idle one at once.
   */
  pause(idle: boolean): Promise<void>;
  /** Ends the child and frees the lock. */
  close(): Promise<void>;
}

// How long a busy process goes on before it looks whether others wait.
const SLICE_MS = 500;

export function createEmbeddedHolder(options: HolderOptions): EmbeddedHolder {
  let early = options.child;
  let session: DoltSqlSession | undefined;
  let lock: ProcessLock | undefined;
  let since = 0;

  function start(): DoltSqlSession {
    const child = early ?? options.spawn();
    early = undefined;
    return createDoltSqlSession(child, options.directory);
  }

  async function end(): Promise<void> {
    await session?.close();
    session = undefined;
    await lock?.release();
    lock = undefined;
  }

  async function tryLock(timeoutMs: number): Promise<ProcessLock | undefined> {
    try {
      return await acquireLock({ directory: options.lockDirectory, purpose: options.purpose, timeoutMs });
    } catch (error) {
      if (timeoutMs === 0 && error instanceof AppError && error.code === 'LOCK_TIMEOUT') return undefined;
      throw error;
    }
  }

  return {
    async session(kind) {
      if (session && !session.alive) {
        // The lock stays: only the child ended.
        await session.close();
        session = undefined;
      }
      if (session && (lock || kind === 'read')) return session;
      // The child starts while the lock is asked for; it is of use unless another process is ahead.
      session ??= start();
      lock ??= await tryLock(0);
      since = Date.now();
      if (lock || kind === 'read') return session;
      // Its read-only view is of no use to a writer, and it may be in the way of the one ahead.
      await end();
      lock = await tryLock(options.lockTimeoutMs);
      since = Date.now();
      session = start();
      return session;
    },
    async pause(idle) {
      if (!session && !lock) return;
      if (!idle && Date.now() - since < SLICE_MS) return;
      if (!lock || (await lock.contended())) await end();
      else since = Date.now();
    },
    async close() {
      early?.stdin.end();
      await end();
    },
  };
}
