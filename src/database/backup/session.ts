import { createDoltSqlSession } from '../dolt-sql-session.ts';
import type { DoltProgram } from '../run-dolt.ts';
import { openServerConnection, type ServerEndpoint } from '../server-connection.ts';
import { spawnDoltSql } from '../spawn-dolt-sql.ts';
import type { Database, Row } from '../types.ts';

/** The statements of one connection: what `USE` says holds until the next. */
export interface Session {
  /** @throws SqlError, ConnectionLostError */
  run(sql: string): Promise<{ readonly rows: Row[] }>;
}

/** Opens a session, gives it to `work`, and closes it. */
export type WithSession = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/**
 * Sessions of a database directory that nobody else has open.
 *
 * @param directory the one that holds `.dolt`
 * @throws AppError at the first statement: DATABASE_UNKNOWN, DOLT_NOT_FOUND, CONFLICT when a server holds it
 */
export function directorySessions(program: DoltProgram, directory: string, database: string): WithSession {
  return async (work) => {
    const session = createDoltSqlSession(spawnDoltSql({ ...program, directory, database }), directory);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
}

/** Sessions of a server. Nobody waits for them. */
export function serverSessions(endpoint: ServerEndpoint): WithSession {
  return async (work) => {
    const connection = await openServerConnection(endpoint);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  };
}

/** Sessions of an open database, each a write transaction: other writers wait for its end. */
export function transactionSessions(db: Database): WithSession {
  return (work) => db.transaction((tx) => work({ run: async (sql) => ({ rows: await tx.query(sql) }) }));
}
