import { spawn } from 'node:child_process';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { RigTls } from '../town/live-state.ts';
import { doltEnvironment } from './environment.ts';
import { SQL_HINT } from './sql-results.ts';

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

/** Dolt's names for the formats. */
const RESULT_FORMATS: Record<SqlFormat, string> = { table: 'tabular', json: 'json', csv: 'csv', vertical: 'vertical' };

/**
 * Runs Dolt's own SQL client on a server, always with explicit host and port: without them `dolt
 * sql` would open whatever database lies in the directory. Streams and terminal are this process's.
 *
 * @returns its exit code
 * @throws AppError SQL_ERROR with what it said; DOLT_UNUSABLE
 */
export async function runSqlShell(options: SqlShellOptions): Promise<number> {
  const { host, port, user, database, query, file, format } = options;
  const args = ['--host', host, '--port', String(port), '--user', user, '--use-db', database, 'sql'];
  if (!options.tls) args.unshift('--no-tls');
  if (query !== undefined) args.push('-q', query);
  if (file !== undefined) args.push('-f', file);
  if (format !== undefined) args.push('-r', RESULT_FORMATS[format]);
  const env = { ...doltEnvironment(options.paths, options.env), DOLT_CLI_PASSWORD: options.password };
  // Dolt verifies a server with what Go trusts on this system, or with this file instead.
  if (options.tls?.ca) Object.assign(env, { SSL_CERT_FILE: options.tls.ca });
  // For these forms Dolt prints an empty line where there are no rows.
  const tellsNothing = !options.interactive && format !== 'json' && format !== 'csv';
  const child = spawn(options.doltBin, args, {
    // What goes wrong in a shell is told there.
    stdio: ['inherit', tellsNothing ? 'pipe' : 'inherit', options.interactive ? 'inherit' : 'pipe'],
    env,
    // Dolt keeps what was typed in `.sqlhistory` where it works: not in the user's project, which others may read.
    ...(options.interactive ? { cwd: options.paths.doltRoot } : {}),
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  let rows = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    rows ||= chunk.toString('latin1').trim() !== '';
  });
  child.stdout?.pipe(process.stdout, { end: false });
  // `gt dolt sql -q … | head`: nobody reads any more.
  if (tellsNothing) process.stdout.on('error', () => child.kill());
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
    if (code === 1 && told.trim() !== '') throw new AppError('SQL_ERROR', told.trim(), { hint: SQL_HINT });
    process.stderr.write(told);
    if (tellsNothing && !rows && code === 0) process.stdout.write('(no rows)\n');
    return code;
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}
