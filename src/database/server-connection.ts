import { connect, type Socket } from 'node:net';
import type { Connection, ConnectionOptions, QueryError, QueryOptions } from 'mysql2';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import { dialVerified, type ServerTls, tlsOptions } from '../util/verified-tls.ts';
import type { StatementResult } from './driver.ts';
import { serverResults } from './server-rows.ts';
import { ConnectionLostError, sqlError } from './sql-error.ts';

/**
 * So many questions of a connection are read without a parser compiled for their columns: compiling one
 * takes as long as reading a hundred rows without it, and a command asks few questions, once.
 */
const UNCOMPILED = 3;

/** Where a server is and who asks. */
export interface ServerEndpoint {
  host: string;
  port: number;
  /** Unix socket, used instead of host and port where given. */
  socketPath?: string;
  user: string;
  password?: string;
  /** `true` verifies the server with the system's authorities and as `host`. */
  tls?: boolean | ServerTls;
  database: string;
  /** Default 5000. */
  connectTimeoutMs?: number;
  /** How long a statement may take before its connection is given up, in ms. Default 600,000. */
  statementTimeoutMs?: number;
}

/**
 * Statements that save a round trip by travelling with another one. Dolt goes on with the rest of a
 * text after a statement of it failed, and the results of the rest reach a client that no longer
 * expects them. So a companion must not be able to fail, and `after` must do no harm when the
 * statement itself failed; the connection is closed then.
 */
export interface Companions {
  before?: readonly string[];
  after?: readonly string[];
}

/** One connection; statements are sent one at a time. */
export interface ServerConnection {
  /** False once it was lost or closed. */
  readonly alive: boolean;
  /** @throws SqlError, ConnectionLostError */
  run(sql: string, companions?: Companions): Promise<StatementResult>;
  /** Runs statements that read in one round trip; an error of one closes the connection. @throws as `run` */
  runAll(statements: readonly string[]): Promise<StatementResult[]>;
  /** Says goodbye, or hangs up in the middle of a statement; open transactions roll back, locks are released. */
  close(): Promise<void>;
}

/** @throws AppError SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN */
export async function openServerConnection(endpoint: ServerEndpoint): Promise<ServerConnection> {
  // The server greets us while the rest is loaded.
  const socket = dial(endpoint);
  socket.on('error', () => undefined);
  const { createConnection } = await import('mysql2');
  if (socket.errored) throw connectError(socket.errored, endpoint);
  const connection = createConnection({ ...connectionOptions(endpoint), stream: socket });
  const statementTimeoutMs = endpoint.statementTimeoutMs ?? 600_000;
  let alive = true;
  let busy = false;
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', () => resolve());
    // Stays for the connection's life: an 'error' without a listener would end the process.
    connection.on('error', (error: unknown) => {
      alive = false;
      reject(connectError(error, endpoint));
    });
    connection.once('end', () => {
      alive = false;
    });
  });

  // Sent with the first statement, which saves a round trip: times are UTC in both drivers.
  let asked = 0;
  let preamble = ["SET time_zone = '+00:00'"];

  /** @param more whether others follow the statement that may fail */
  function send(statements: readonly string[], more: boolean): Promise<StatementResult[]> {
    if (!alive) return Promise.reject(new ConnectionLostError(`the connection to ${where(endpoint)} is lost`, false));
    const first = preamble;
    preamble = [];
    const text = [...first, ...statements].join(';');
    return new Promise((resolve, reject) => {
      // A server that was stopped in its tracks neither answers nor closes the connection.
      const timer = setTimeout(() => {
        alive = false;
        socket.destroy();
        const waited = formatDuration(statementTimeoutMs);
        reject(new ConnectionLostError(`${where(endpoint)} gave no answer within ${waited}`, true));
      }, statementTimeoutMs);
      busy = true;
      asked += 1;
      const question: QueryOptions & { disableEval: boolean } = {
        sql: text,
        rowsAsArray: true,
        disableEval: asked <= UNCOMPILED,
      };
      connection.query(question, (error, results, fields) => {
        clearTimeout(timer);
        busy = false;
        if (!error) return resolve(serverResults(results, fields).slice(first.length));
        if (isConnectionLoss(error)) alive = false;
        else if (more) {
          alive = false;
          socket.destroy();
        }
        reject(statementError(error, endpoint));
      });
    });
  }

  return {
    get alive() {
      return alive;
    },
    async run(sql, { before = [], after = [] } = {}) {
      const results = await send([...before, sql, ...after], after.length > 0);
      return results[before.length] ?? { rows: [], changed: 0 };
    },
    runAll: (statements) => send(statements, true),
    close() {
      if (!alive) return Promise.resolve();
      alive = false;
      if (!busy) return quit(connection);
      // A goodbye would wait behind a statement that may itself wait for a lock.
      socket.destroy();
      return Promise.resolve();
    },
  };
}

/** The socket is ours, because mysql2 itself never closes one at which nobody answers. */
function dial(endpoint: ServerEndpoint): Socket {
  if (endpoint.socketPath) return connect(endpoint.socketPath);
  if (endpoint.tls) return dialVerified(endpoint.host, endpoint.port);
  return connect({ host: endpoint.host, port: endpoint.port, noDelay: true, keepAlive: true });
}

function connectionOptions(endpoint: ServerEndpoint): ConnectionOptions {
  return {
    host: endpoint.host,
    port: endpoint.port,
    user: endpoint.user,
    password: endpoint.password ?? '',
    database: endpoint.database,
    connectTimeout: endpoint.connectTimeoutMs ?? 5_000,
    ...(endpoint.tls ? tlsOptions(endpoint.host, endpoint.tls === true ? {} : endpoint.tls) : {}),
    charset: 'utf8mb4',
    multipleStatements: true,
    // We prepare none, and room for 16,000 would be made at once.
    maxPreparedStatements: 1,
    // Our statements are written out when they come here; its own formatter need not be loaded.
    queryFormat: (sql) => sql,
    supportBigNumbers: true,
    dateStrings: true,
    jsonStrings: true,
    // Changed rows, not matched ones, as ROW_COUNT() of the embedded driver has them.
    flags: ['-FOUND_ROWS'],
  };
}

function quit(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    connection.end(() => {
      // The callback comes before the packet is written.
      setImmediate(() => {
        connection.destroy();
        resolve();
      });
    });
  });
}

function isConnectionLoss(error: QueryError): boolean {
  return error.fatal === true || error.errno === undefined || error.code?.startsWith('PROTOCOL_') === true;
}

function statementError(error: QueryError, endpoint: ServerEndpoint): AppError {
  if (!isConnectionLoss(error) && error.errno !== undefined) return sqlError(error.errno, error.message, error);
  return new ConnectionLostError(`the connection to ${where(endpoint)} was lost: ${error.message}`, true, {
    cause: error,
  });
}

function connectError(error: unknown, endpoint: ServerEndpoint): AppError {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  // System errors have a negative errno, refusals of the server a positive one.
  if (typeof errno === 'number' && errno > 0) return sqlError(errno, messageOf(error), error);
  const code = systemErrorCode(error) ?? '';
  if (!/^E[A-Z]+$|^PROTOCOL_CONNECTION_LOST$/.test(code) || code === 'EACCES') {
    return new AppError('SERVER_UNREACHABLE', `no connection to ${where(endpoint)}: ${messageOf(error)}`, {
      hint: endpoint.tls ? 'check that the server offers TLS, and its certificate' : 'check the endpoint',
      cause: error,
    });
  }
  return new AppError('SERVER_UNREACHABLE', `no Dolt server answers at ${where(endpoint)} (${code})`, {
    hint: 'gt dolt start',
    cause: error,
  });
}

function where(endpoint: ServerEndpoint): string {
  return endpoint.socketPath ?? `${endpoint.host}:${endpoint.port}`;
}
