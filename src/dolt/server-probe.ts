import { readFile } from 'node:fs/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';
import type { RigTls } from '../town/live-state.ts';
import { dialVerified, tlsOptions } from '../util/verified-tls.ts';
import type { RigProbe } from './rig-probe.ts';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** Database that must be served. */
  readonly database: string;
  /** What `@@server_uuid` must be; undefined for a server that was started by hand. */
  readonly token: string | undefined;
  /** Default: root. */
  readonly user?: string;
  /** Of that user, to be tried one after the other. */
  readonly passwords: readonly string[];
  readonly tls?: RigTls | null | undefined;
  readonly timeoutMs: number;
}

/**
 * Asks a server over SQL who it is and what it serves: an open port is not a server.
 *
 * @example
 * const probe = await probeServer({ host: '127.0.0.1', port: 3307, database: 'beads', token, passwords: [''], timeoutMs: 1000 });
 */
export async function probeServer(target: ProbeTarget): Promise<RigProbe> {
  let connection: Connection | undefined;
  try {
    connection = await connect(target);
    return await askServer(connection, target);
  } catch (error) {
    return failedProbe(error);
  } finally {
    connection?.destroy();
  }
}

/** A connection for probing, which the caller keeps and destroys. */
export async function connect(target: ProbeTarget): Promise<Connection> {
  const { createConnection } = await import('mysql2/promise');
  const { host, port, timeoutMs, tls, user = 'root' } = target;
  const secure = tls ? await verified(host, port, tls) : {};
  const login = (password: string) =>
    // We prepare no statements, and room for 16,000 would be made for each connection.
    createConnection({
      ...{ host, port, user, password, connectTimeout: timeoutMs, maxPreparedStatements: 1 },
      ...secure,
    });
  const [first = '', ...others] = target.passwords;
  let attempt = login(first);
  for (const password of others) {
    attempt = attempt.catch((error: unknown) => (isRefusal(error) ? login(password) : Promise.reject(error)));
  }
  return attempt;
}

/** Options of a connection to a server of this machine, whose certificate is verified. */
export async function verified(host: string, port: number, tls: RigTls) {
  const ca = tls.ca === null ? undefined : await readFile(tls.ca, 'utf8');
  return { ...tlsOptions(host, { ca, name: tls.name }), stream: () => dialVerified(host, port) };
}

function isRefusal(error: unknown): boolean {
  return systemErrorCode(error) === 'ER_ACCESS_DENIED_ERROR';
}

/** A join: Dolt takes twice as long for two subqueries. */
const QUESTION = `SELECT MAX(@@server_uuid) AS token, MAX(DOLT_VERSION()) AS version,
 COUNT(*) AS connections, COUNT(s.schema_name) > 0 AS serves
 FROM information_schema.processlist p LEFT JOIN information_schema.schemata s ON s.schema_name = ?`;

/** The same question on an open connection; throws what the connection throws. */
export async function askServer(connection: Connection, target: ProbeTarget): Promise<RigProbe> {
  const asked = performance.now();
  const [rows] = await withTimeout(connection.query<RowDataPacket[]>(QUESTION, [target.database]), target.timeoutMs);
  const row: Record<string, unknown> = rows[0] ?? {};
  return {
    reachable: true,
    identity: identityOf(row, target.token),
    latencyMs: Math.round((performance.now() - asked) * 10) / 10,
    // Not counting the one that asks.
    connections: Math.max(0, Number(row['connections'] ?? 1) - 1),
    version: typeof row['version'] === 'string' ? row['version'] : null,
    error: null,
  };
}

function identityOf(row: Record<string, unknown>, token: string | undefined): RigProbe['identity'] {
  if (Number(row['serves']) !== 1) return 'mismatch';
  if (token === undefined) return 'unknown';
  return row['token'] === token ? 'verified' : 'mismatch';
}

/** What a failed question says: a server that refuses the password is a server all the same. */
export function failedProbe(error: unknown): RigProbe {
  return {
    reachable: isRefusal(error),
    identity: 'unknown',
    latencyMs: null,
    connections: null,
    version: null,
    error: isRefusal(error)
      ? `${messageOf(error)}; BEADS_DOLT_PASSWORD tells its password`
      : messageOf(error) || String(error),
  };
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new AppError('SERVER_UNREACHABLE', `no answer within ${ms} ms`));
    // An answer that came while we were kept from looking at it is one.
    timer = setTimeout(() => setImmediate(giveUp), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
