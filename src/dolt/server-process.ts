import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, systemErrorCode } from '../errors.ts';
import type { ServerProcess } from '../town/live-state.ts';
import { fileError } from '../util/atomic-write.ts';
import { killTree } from '../util/kill-tree.ts';
import { inspectProcess, isPid, type ProcessDetails } from '../util/process-identity.ts';

const LOOKS = 20;
/** Of a process that is surely ending, which takes long where many others want the processor. */
const LOOKS_AT_END = 400;
const LOOK_AGAIN_MS = 25;

export interface SpawnOptions {
  readonly doltBin: string;
  /** Directory of the rig's database. */
  readonly dataDir: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly token: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface SpawnedServer {
  readonly child: ChildProcess;
  readonly process: ServerProcess;
}

/**
 * Spawns a server that outlives us: detached, its output appended to the log file by the kernel, so
 * that the death of the supervisor neither ends it nor loses a line.
 *
 * @throws AppError SERVER_FAILED when it cannot be spawned
 */
export async function spawnServer(options: SpawnOptions): Promise<SpawnedServer> {
  const log = await open(options.logFile, 'a', 0o600).catch((error: unknown) => {
    throw fileError(error, `cannot write ${options.logFile}`);
  });
  try {
    const server = ['sql-server', '--config', options.configFile];
    const child = spawn(options.doltBin, [...accountsOf(options.dataDir), ...server], {
      cwd: options.dataDir,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: options.env,
    });
    await spawned(child, options.doltBin);
    child.unref();
    return { child, process: await describe(child, options) };
  } finally {
    await log.close();
  }
}

/**
 * Where a rig's own accounts are, if there are others above it: a server for the whole data dir, started
 * by hand, leaves some there, and between the two Dolt does not choose. The file for `--config` has a key
 * for it, `cfg_dir`, which Dolt 1.86.4 reads too late.
 */
function accountsOf(dataDir: string): string[] {
  const accounts = join(dataDir, '.doltcfg');
  const above = join(dataDir, '..', '.doltcfg');
  return existsSync(accounts) && existsSync(above) ? ['--doltcfg-dir', accounts] : [];
}

function spawned(child: ChildProcess, doltBin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      const why = systemErrorCode(cause) ?? cause.message;
      reject(new AppError('SERVER_FAILED', `cannot run ${doltBin}: ${why}`, { hint: 'gt dolt install', cause }));
    });
  });
}

async function describe(child: ChildProcess, options: SpawnOptions): Promise<ServerProcess> {
  const pid = child.pid ?? 0;
  const details = await inspectProcess(pid);
  return {
    pid,
    // Already gone: no start time matches, so nothing will ever be signalled by this record.
    startTime: details?.startTime ?? 'gone',
    executable: details?.executable ?? realPath(options.doltBin),
    dataDir: options.dataDir,
    token: options.token,
  };
}

export type Verdict =
  | { result: 'verified'; details: ProcessDetails }
  | { result: 'dead' }
  | { result: 'unknown'; why: string };

/**
 * Whether the recorded server still runs: pid, start time, program and directory all match.
 *
 * @returns `unknown` when the pid lives but something does not match or cannot be seen
 */
export async function verifyServer(recorded: Omit<ServerProcess, 'token'>): Promise<Verdict> {
  const { pid } = recorded;
  if (!isPid(pid)) return { result: 'unknown', why: `pid ${pid} is no process` };
  let details: ProcessDetails | undefined;
  try {
    details = await inspectSettled(recorded);
  } catch (error) {
    return { result: 'unknown', why: `pid ${pid} may not be looked at (${systemErrorCode(error) ?? error})` };
  }
  if (!details || details.startTime !== recorded.startTime) return { result: 'dead' };
  if (details.executable === undefined || details.cwd === undefined) {
    const unseen = details.executable === undefined ? 'program' : 'directory';
    return { result: 'unknown', why: `the ${unseen} of pid ${pid} cannot be seen` };
  }
  if (details.executable !== recorded.executable) {
    return { result: 'unknown', why: `pid ${pid} is ${details.executable}, not ${recorded.executable}` };
  }
  if (details.cwd !== realPath(recorded.dataDir)) {
    return { result: 'unknown', why: `pid ${pid} works in ${details.cwd}, not in ${recorded.dataDir}` };
  }
  return { result: 'verified', details };
}

/** A process that is just ending shows no program and no directory for a moment: that passes. */
async function inspectSettled({ pid, startTime }: Pick<ServerProcess, 'pid' | 'startTime'>) {
  for (let look = 1; ; look += 1) {
    const details = await inspectProcess(pid);
    const told = details?.executable !== undefined && details.cwd !== undefined;
    const enough = look >= (details?.ending ? LOOKS_AT_END : LOOKS);
    if (told || details?.startTime !== startTime || enough) return details;
    await delay(LOOK_AGAIN_MS);
  }
}

/**
 * Sends a signal to a server, after looking once more that it is the one that was recorded.
 *
 * @returns false when it was dead already
 * @throws AppError IDENTITY_UNVERIFIED, and then nothing was signalled
 */
export async function signalServer(
  recorded: Omit<ServerProcess, 'token'>,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<boolean> {
  const { pid } = recorded;
  const verdict = await verifyServer(recorded);
  if (verdict.result === 'dead') return false;
  if (verdict.result === 'unknown') {
    throw new AppError('IDENTITY_UNVERIFIED', `no signal was sent: ${verdict.why}`, {
      hint: `look at it with: ps -fp ${pid}`,
    });
  }
  if (signal === 'SIGKILL') {
    await killTree(pid);
    return true;
  }
  try {
    process.kill(pid, signal);
    return true;
  } catch (cause) {
    if (systemErrorCode(cause) === 'ESRCH') return false;
    const why = systemErrorCode(cause) ?? String(cause);
    throw new AppError('IDENTITY_UNVERIFIED', `pid ${pid} may not be signalled (${why})`, { cause });
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
