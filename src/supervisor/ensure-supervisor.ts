import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { makeTownDirectories } from '../dolt/environment.ts';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { fileError } from '../util/atomic-write.ts';
import { withMovedAuthorities } from '../util/extra-authorities.ts';
import { acquireLock } from '../util/process-lock.ts';
import { SupervisorClient } from './client.ts';
import { ADOPT_ONLY } from './supervisor-arguments.ts';

export interface EnsureOptions {
  readonly paths: TownPaths;
  /** Root of the package, which holds the supervisor's bundle. */
  readonly packageRoot: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** A supervisor that has to be launched starts nothing by itself; one that takes over from an older one does. */
  readonly adoptOnly?: boolean;
  readonly signal?: AbortSignal;
}

const STARTER_WAIT_MS = 30_000;
const READY_MS = 30_000;
const ATTEMPTS = 4;

/**
 * Makes sure that one supervisor of our version or a newer one runs, and connects to it. An older
 * one is replaced; the servers do not notice.
 *
 * @throws AppError SUPERVISOR_FAILED, LOCK_TIMEOUT, IO_ERROR; START_TIMEOUT or STOP_TIMEOUT for one that does not answer
 */
export async function ensureSupervisor(options: EnsureOptions): Promise<SupervisorClient> {
  const running = await connectTo(options);
  if (running && !isOlder(running.hello.version, options.version)) return running;
  running?.close();
  // One starter at a time: twenty `gt dolt start` spawn one supervisor, not twenty.
  await makeTownDirectories(options.paths).catch((error: unknown) => {
    throw fileError(error, `cannot make ${options.paths.gt}`);
  });
  const { signal } = options;
  const lock = await acquireLock({
    directory: options.paths.lock('start-supervisor'),
    purpose: 'start the supervisor',
    timeoutMs: STARTER_WAIT_MS,
    ...(signal ? { signal } : {}),
  });
  try {
    return await connectOrSpawn(options);
  } finally {
    await lock.release();
  }
}

function connectTo({ paths, signal, adoptOnly = false }: EnsureOptions): Promise<SupervisorClient | undefined> {
  return SupervisorClient.connect(paths, { signal, purpose: adoptOnly ? 'stop' : 'start' });
}

async function connectOrSpawn(options: EnsureOptions): Promise<SupervisorClient> {
  let said = '';
  let { adoptOnly = false } = options;
  // More than once: the one that we found may have been ending just then, and so may the one after it.
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const client = await connectTo(options);
    if (client && !isOlder(client.hello.version, options.version)) return client;
    // One that cannot be asked any more has ended, or the next one will say that it has not.
    await client?.handOver().catch(() => undefined);
    client?.close();
    // The older one watched: its restarts that are due go on.
    if (client) adoptOnly = false;
    said = await spawnSupervisor(options, adoptOnly);
  }
  throw new AppError('SUPERVISOR_FAILED', `the supervisor does not start: ${said || 'it said nothing'}`, {
    hint: `its log: ${options.paths.supervisorLog}`,
  });
}

/** It lives long and does little: a small young generation, collected without threads of its own, takes 20 MB less. */
const SMALL = ['--max-semi-space-size=1', '--v8-pool-size=0'];

/** Spawns it detached, and waits for its word that it listens. */
async function spawnSupervisor(options: EnsureOptions, adoptOnly: boolean): Promise<string> {
  const { paths } = options;
  const log = await open(paths.supervisorLog, 'a', 0o600).catch((error: unknown) => {
    throw fileError(error, `cannot write ${paths.supervisorLog}`);
  });
  try {
    const program = join(options.packageRoot, 'dist/bin/supervisor.cjs');
    const child = spawn(process.execPath, [...SMALL, program, paths.dataDir, ...(adoptOnly ? [ADOPT_ONLY] : [])], {
      cwd: paths.dataDir,
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'pipe'],
      env: withMovedAuthorities(options.env),
    });
    child.unref();
    return await firstWord(child, options.signal);
  } finally {
    await log.close();
  }
}

/** @returns what is wrong, or an empty text when it listens */
async function firstWord(child: ChildProcess, signal: AbortSignal | undefined): Promise<string> {
  // Made by `spawn` for the fourth entry of `stdio`.
  const said = child.stdio[3] as Readable;
  const heard = new AbortController();
  const bound = setTimeout(() => said.destroy(), READY_MS);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) =>
      reject(new AppError('SUPERVISOR_FAILED', `cannot run ${process.execPath}: ${cause.message}`, { cause })),
    );
    const interrupted = () => reject(new AppError('CANCELLED', 'interrupted while the supervisor started'));
    signal?.addEventListener('abort', interrupted, { once: true, signal: heard.signal });
  });
  try {
    const line = await Promise.race([firstLine(said), failed]);
    return line === 'ready' ? '' : line;
  } finally {
    clearTimeout(bound);
    heard.abort();
    said.destroy();
  }
}

function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.trim());
    });
    stream.once('close', () => resolve(text.trim()));
  });
}

/** Whether version `a` is older than `b`; both are `x.y.z`. */
function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
