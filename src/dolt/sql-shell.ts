import { spawn } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { RigTls } from '../town/live-state.ts';
import { doltEnvironment, silenceMetrics } from './environment.ts';
import { awayHint, SQL_HINT } from './sql-results.ts';

export type SqlFormat = 'table' | 'json' | 'csv' | 'vertical';

export interface SqlShellOptions {
  readonly paths: TownPaths;
  readonly doltBin: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Goes into the environment of Dolt, never into its arguments. */
  readonly password: string;
  readonly tls?: RigTls | null | undefined;
  /** Whether another machine manages the server. */
  readonly elsewhere?: boolean | undefined;
  readonly query?: string | undefined;
  /** Read statements from this file. */
  readonly file?: string | undefined;
  readonly format?: SqlFormat | undefined;
  /** Whether a person types the statements. */
  readonly interactive: boolean;
  readonly env: NodeJS.ProcessEnv;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What Dolt says, and takes back with backspaces, while it reads a file. */
const PROGRESS = /[\b\s]*Processed [\d.]+% of the file\s*/g;

/** What Dolt's driver says, after the statement, when there was no server to answer or none any more. */
const LOST = /(?:^|: )(?:invalid connection|driver: bad connection|unexpected EOF|(?:dial|read|write) tcp [^\n]*)$/;

/** What the driver logs beside that. */
const DRIVER_LOG = /^\[mysql\] .*\n/gm;

/** Dolt's names for the formats. */
const RESULT_FORMATS: Record<SqlFormat, string> = { table: 'tabular', json: 'json', csv: 'csv', vertical: 'vertical' };

/**
 * Runs Dolt's own SQL client on a server, always with explicit host and port: without them `dolt
 * sql` would open whatever database lies in the directory. Streams and terminal are this process's.
 * It waits without bound for a server that does not answer: the caller has asked whether this one does.
 *
 * @returns its exit code; 0 when nobody reads any more what it prints
 * @throws AppError SQL_ERROR with what it said; SERVER_UNREACHABLE when the server went away; DOLT_UNUSABLE
 */
export async function runSqlShell(options: SqlShellOptions): Promise<number> {
  const { host, port, user, database, query, file, format } = options;
  await silenceMetrics(options.paths);
  // Dolt puts a colon and the port behind the host.
  const address = host.includes(':') ? `[${host}]` : host;
  const args = ['--host', address, '--port', String(port), '--user', user, '--use-db', database, 'sql'];
  if (!options.tls) args.unshift('--no-tls');
  if (query !== undefined) args.push('-q', query);
  if (file !== undefined) args.push('-f', file);
  if (format !== undefined) args.push('-r', RESULT_FORMATS[format]);
  const env = { ...doltEnvironment(options.paths, options.env), DOLT_CLI_PASSWORD: options.password };
  // Dolt verifies a server with what Go trusts on this system, or with this file instead.
  if (options.tls?.ca) Object.assign(env, { SSL_CERT_FILE: options.tls.ca });
  // For these forms Dolt prints an empty line where there are no rows.
  const tellsNothing = !options.interactive && format !== 'json' && format !== 'csv';
  // What goes wrong in a shell is told there. Else Dolt's output is for us to write: in CSV it does
  // not mind that a line cannot be written.
  const streams = options.interactive ? 'inherit' : 'pipe';
  const mask = options.interactive ? await closeHistory(options.paths) : undefined;
  const child = spawn(options.doltBin, args, {
    stdio: ['inherit', streams, streams],
    env,
    // Dolt keeps what was typed in `.sqlhistory` where it works: not in the user's project, which others may read.
    ...(options.interactive ? { cwd: options.paths.doltRoot } : {}),
  });
  if (mask !== undefined) process.umask(mask);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  let rows = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    rows ||= chunk.toString('latin1').trim() !== '';
  });
  child.stdout?.pipe(process.stdout, { end: false });
  let readerGone = false;
  const outputLost = (error: Error) => {
    // `gt dolt sql -q … | head`: nobody reads any more.
    readerGone = systemErrorCode(error) === 'EPIPE';
    child.kill();
  };
  // Before the listener that ends this process because its output is lost.
  process.stdout.prependListener('error', outputLost);
  const pass = (signal: NodeJS.Signals) => {
    // Ctrl-C is for the shell, which has it from the terminal: it clears the line.
    if (signal !== 'SIGINT' || !options.interactive) child.kill(signal);
  };
  // We end when it ends, and it ends when we are told to.
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new AppError('DOLT_UNUSABLE', `cannot run ${options.doltBin}: ${cause.message}`, { cause })),
      );
      child.once('close', (code, signal) => resolve(code ?? (signal ? 130 : 1)));
    });
    const told = said.replace(PROGRESS, '');
    if (code === 1 && told.trim() !== '') throw toldError(told, options);
    if (readerGone) return 0;
    process.stderr.write(told);
    if (tellsNothing && !rows && code === 0) process.stdout.write('(no rows)\n');
    return code;
  } finally {
    process.stdout.off('error', outputLost);
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

/**
 * Closes the history of the shell to others: what was typed may hold secrets. Dolt itself writes it for
 * everybody to read, now and again as a new file.
 *
 * @returns the umask that was, to be set again once Dolt has been started
 */
async function closeHistory(paths: TownPaths): Promise<number> {
  await chmod(join(paths.doltRoot, '.sqlhistory'), 0o600).catch(() => undefined);
  return process.umask(0o077);
}

function toldError(told: string, options: SqlShellOptions): AppError {
  const { host, port, database } = options;
  const text = told.replace(DRIVER_LOG, '').trim();
  if (!LOST.test(text)) return new AppError('SQL_ERROR', text || told.trim(), { hint: SQL_HINT });
  return new AppError('SERVER_UNREACHABLE', `the connection to ${host}:${port} was lost: ${text}`, {
    // Done again, what has run might be done twice.
    hint: `${awayHint(options, `gt dolt start ${database}`)}; then look which statements have run`,
  });
}
