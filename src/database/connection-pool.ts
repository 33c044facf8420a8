import { AppError } from '../errors.ts';
import { createFairQueue } from './fair-queue.ts';
import type { ServerConnection } from './server-connection.ts';
import { databaseClosed } from './sql-error.ts';

/** A connection that nobody else uses until it is given back. */
export interface LeasedConnection {
  readonly connection: ServerConnection;
  /** Gives it back; a dead one is forgotten. */
  release(): void;
}

/** Some connections to one server, opened as they are needed and handed out in the order of asking. */
export interface ConnectionPool {
  /** @throws what `open` throws, or AppError LOCK_TIMEOUT when none became free in time */
  lease(): Promise<LeasedConnection>;
  close(): Promise<void>;
}

export interface PoolOptions {
  open: () => Promise<ServerConnection>;
  /** How many connections at most. */
  maximum: number;
  /** How long a caller waits for a free one, in ms. */
  timeoutMs: number;
}

export function createConnectionPool(options: PoolOptions): ConnectionPool {
  const places = createFairQueue(options.maximum);
  const idle: ServerConnection[] = [];
  const open = new Set<ServerConnection>();
  let closed = false;

  async function take(): Promise<ServerConnection> {
    for (let ready = idle.pop(); ready; ready = idle.pop()) {
      if (ready.alive) return ready;
      open.delete(ready);
    }
    const connection = await options.open();
    open.add(connection);
    return connection;
  }

  function giveBack(connection: ServerConnection): void {
    if (connection.alive && !closed) idle.push(connection);
    else {
      open.delete(connection);
      void connection.close();
    }
  }

  return {
    async lease() {
      if (closed) throw databaseClosed('before');
      const leave = await places.enter(options.timeoutMs);
      if (!leave) {
        throw new AppError('LOCK_TIMEOUT', `all ${options.maximum} connections of this process stayed in use`, {
          hint: 'run fewer operations at once',
        });
      }
      try {
        const connection = await take();
        const release = () => {
          giveBack(connection);
          leave();
        };
        return { connection, release };
      } catch (error) {
        leave();
        throw error;
      }
    },
    async close() {
      closed = true;
      idle.length = 0;
      await Promise.all([...open].map((connection) => connection.close()));
    },
  };
}
