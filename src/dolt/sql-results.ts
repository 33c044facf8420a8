import type { FieldPacket, ResultSetHeader } from 'mysql2/promise';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';
import type { RigTls } from '../town/live-state.ts';
import { verified } from './server-probe.ts';

/**
 * Result of one statement. Of columns with the same name the second is `name_2`; bytes (BLOB, BINARY,
 * BIT) are hexadecimal text, `0x00FF`, as SQL writes them.
 */
export type SqlResult = { rows: Record<string, unknown>[] } | { affected_rows: number };

export interface SqlEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls?: RigTls | null | undefined;
  /** Whether another machine manages it. */
  readonly elsewhere?: boolean | undefined;
}

/**
 * Runs statements, separated by `;`, on a server, and gives the result of each. Dolt's own JSON
 * writes numbers as strings and leaves NULLs out when it talks to a server; this does not.
 *
 * @throws AppError SQL_ERROR, ACCESS_DENIED, DATABASE_UNKNOWN, SERVER_UNREACHABLE; CANCELLED on the signal
 */
export async function querySql(endpoint: SqlEndpoint, sql: string, signal: AbortSignal): Promise<SqlResult[]> {
  const { createConnection } = await import('mysql2/promise');
  const options = {
    ...{ multipleStatements: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: false },
    // As objects, the second of two columns with one name would hide the first.
    rowsAsArray: true,
  };
  const { host, port, user, password, database, tls } = endpoint;
  const secure = tls ? await verified(host, port, tls) : {};
  const connection = await createConnection({ host, port, user, password, database, ...options, ...secure }).catch(
    (error: unknown) => {
      throw connectError(error, endpoint);
    },
  );
  try {
    const [results, fields] = (await Promise.race([connection.query(sql), aborted(signal)])) as [
      unknown,
      FieldPacket[] | (FieldPacket[] | undefined)[] | undefined,
    ];
    // With several statements there is an array of results, and one of fields with as many entries.
    const several = Array.isArray(fields) && fields.some((field) => field === undefined || Array.isArray(field));
    return several
      ? (results as unknown[]).map((result, index) => toResult(result, fields[index] as FieldPacket[] | undefined))
      : [toResult(results, fields as FieldPacket[] | undefined)];
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    // The server went away: what it says of itself has a number.
    if (!(cause instanceof Error && 'errno' in cause && 'sqlState' in cause)) throw connectError(cause, endpoint);
    throw new AppError('SQL_ERROR', messageOf(cause), { hint: SQL_HINT, cause });
  } finally {
    if (signal.aborted) connection.destroy();
    else await connection.end().catch(() => undefined);
  }
}

/** What to do about a statement that the server refused. */
export const SQL_HINT = 'mend the statement; those before it, if any, have run';

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const cancel = () => reject(new AppError('CANCELLED', 'interrupted before the server had answered'));
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
}

/** What to do about a server that is away; `here` where this machine manages it. */
export function awayHint({ host, elsewhere = false }: Pick<SqlEndpoint, 'host' | 'elsewhere'>, here: string): string {
  return elsewhere ? elsewhereHint(host) : here;
}

export function elsewhereHint(host: string): string {
  return `it is managed elsewhere: see to it on ${host}`;
}

/** Maps what a failed login says. */
export function connectError(
  cause: unknown,
  endpoint: Pick<SqlEndpoint, 'host' | 'port' | 'user' | 'database' | 'elsewhere'>,
): AppError {
  const { host, port, user, database } = endpoint;
  const code = systemErrorCode(cause);
  if (code === 'ER_ACCESS_DENIED_ERROR') {
    return new AppError('ACCESS_DENIED', `the server at ${host}:${port} refused user "${user}" or the password`, {
      hint: 'set BEADS_DOLT_SERVER_USER and BEADS_DOLT_PASSWORD',
      cause,
    });
  }
  if (code === 'ER_BAD_DB_ERROR' || code === 'ER_DBACCESS_DENIED_ERROR') {
    return new AppError('DATABASE_UNKNOWN', `the server at ${host}:${port} has no database "${database}"`, { cause });
  }
  return new AppError('SERVER_UNREACHABLE', `no answer from ${host}:${port}: ${messageOf(cause) || code}`, {
    hint: awayHint(endpoint, 'gt dolt status'),
    cause,
  });
}

function toResult(result: unknown, fields: readonly FieldPacket[] | undefined): SqlResult {
  if (Array.isArray(result)) {
    const names = columnNames((fields ?? []).map(({ name }) => name));
    return {
      rows: (result as unknown[][]).map((row) =>
        Object.fromEntries(names.map((name, index) => [name, jsonValue(row[index])])),
      ),
    };
  }
  return { affected_rows: (result as ResultSetHeader | undefined)?.affectedRows ?? 0 };
}

function columnNames(names: readonly string[]): string[] {
  const given = new Set(names);
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 2; used.has(unique) || (unique !== name && given.has(unique)); count += 1)
      unique = `${name}_${count}`;
    used.add(unique);
    return unique;
  });
}

function jsonValue(value: unknown): unknown {
  return Buffer.isBuffer(value) ? `0x${value.toString('hex').toUpperCase()}` : value;
}
