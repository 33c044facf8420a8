import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { testPort } from './ports.ts';

/** A real `dolt sql-server` with nothing of ours around it. */
export interface BareServer {
  readonly pid: number;
  readonly port: number;
  readonly socket: string;
  readonly dataDir: string;
  /** Ends it with `signal` and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface BareServerOptions {
  /** Directory that holds, or will hold, the databases. */
  dataDir: string;
  port?: number;
  /** Further arguments of `dolt sql-server`. */
  args?: readonly string[];
  /** A configuration file, which Dolt takes only without any of the other arguments. */
  config?: string;
  env?: NodeJS.ProcessEnv;
}

export async function startBareServer(options: BareServerOptions): Promise<BareServer> {
  const port = options.port ?? (await testPort());
  mkdirSync(options.dataDir, { recursive: true });
  const home = join(options.dataDir, '..', `bare-home-${port}`);
  mkdirSync(home, { recursive: true });
  const socket = join(home, 's.sock');
  const child = spawn(
    process.env['GT_DOLT_BIN'] ?? 'dolt',
    options.config ? ['sql-server', '--config', options.config] : serverArgs(options, port, socket),
    {
      cwd: options.dataDir,
      env: { PATH: process.env['PATH'], HOME: home, DOLT_DISABLE_EVENT_FLUSH: 'true', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exited = once(child, 'exit');
  const server: BareServer = {
    pid: child.pid ?? 0,
    port,
    socket,
    dataDir: options.dataDir,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
  while (!(await answers(port))) {
    const how = child.exitCode ?? child.signalCode;
    if (how !== null) throw new Error(`dolt sql-server ended with ${how}:\n${output}`);
  }
  return server;
}

function serverArgs(options: BareServerOptions, port: number, socket: string): string[] {
  const listener = ['--host', '127.0.0.1', '--port', String(port), '--socket', socket];
  return ['sql-server', ...listener, '--data-dir', options.dataDir, ...(options.args ?? [])];
}

async function answers(port: number): Promise<boolean> {
  try {
    const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
    await connection.query('SELECT 1');
    await connection.end();
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return false;
  }
}
