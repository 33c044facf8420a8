import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { type BareServer, startBareServer } from '../helpers/bare-server.ts';
import type { BenchOptions } from './main.ts';
import { plainEnvironment, run, timeProcess, withNode } from './time-process.ts';

/** A git repository with beads in it, in a HOME of its own. */
export interface BenchProject {
  readonly dir: string;
  readonly database: string;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  /** Times one `bd` command in it, in ms. */
  bd(...args: string[]): Promise<number>;
  /** The same in another environment, or on another Node than the one that the bench runs on. */
  bdIn(env: NodeJS.ProcessEnv, ...args: string[]): Promise<number>;
}

/** The environment of the programs that are measured, with a HOME of their own. */
export function benchEnvironment({ scratch, doltBin }: BenchOptions): NodeJS.ProcessEnv {
  const home = join(scratch, 'home');
  mkdirSync(home, { recursive: true });
  return { ...plainEnvironment(), HOME: home, GT_DOLT_BIN: doltBin, DOLT_DISABLE_EVENT_FLUSH: 'true' };
}

/** A project whose issues are on a server, or, without one, embedded. Its ids begin with `gen-`. */
export async function makeProject(
  options: BenchOptions,
  name: string,
  server?: Pick<BareServer, 'port'>,
): Promise<BenchProject> {
  const dir = join(options.scratch, name);
  mkdirSync(dir);
  const env = benchEnvironment(options);
  execFileSync('git', ['init', '--quiet', dir], { env });
  for (const [key, value] of Object.entries({ 'user.name': 'Bench', 'user.email': 'bench@example.org' })) {
    execFileSync('git', ['-C', dir, 'config', key, value], { env });
  }
  const program = join(options.packageRoot, 'dist/bin/bd.cjs');
  const where = server ? ['--server', '--server-port', String(server.port), '--database', name] : ['--database', name];
  await run(process.execPath, [program, 'init', '--prefix', 'gen', '--skip-agents', ...where], { env, cwd: dir });
  const bdIn = (its: NodeJS.ProcessEnv, ...args: string[]) => timeProcess(program, args, { env: its, cwd: dir });
  const usual = withNode(process.execPath, env);
  return { dir, database: name, program, env: usual, bdIn, bd: (...args) => bdIn(usual, ...args) };
}

/** Starts a plain server on a directory of databases. */
export function startServer(dataDir: string): Promise<BareServer> {
  return startBareServer({ dataDir });
}

export function connectTo(server: BareServer, database: string): Promise<Connection> {
  return createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database });
}

/** Fills the database of an embedded project, which only a server can do over SQL. */
export async function withServerOn(project: BenchProject, fill: (connection: Connection) => Promise<void>) {
  const server = await startServer(embeddedDataDir(project));
  try {
    const connection = await connectTo(server, project.database);
    await fill(connection);
    await connection.end();
  } finally {
    await server.stop();
  }
}

export function embeddedDataDir(project: BenchProject): string {
  const beadsDir = join(project.dir, '.beads');
  const store = readdirSync(beadsDir).find((name) => name === 'dolt' || name === 'embeddeddolt');
  if (!store) throw new Error(`no embedded database in ${beadsDir}`);
  return join(beadsDir, store);
}

export async function countIssues(connection: Connection): Promise<number> {
  const [rows] = await connection.query('SELECT COUNT(*) AS count FROM issues');
  const [row] = rows as { count: number }[];
  return Number(row?.count);
}
