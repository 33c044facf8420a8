import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { doltEnvironment, makeTownDirectories } from '../dolt/environment.ts';
import { fileSize, lastLines } from '../dolt/log-file.ts';
import { writeServerConfig } from '../dolt/server-config.ts';
import { type ProbeTarget, probeServer } from '../dolt/server-probe.ts';
import { spawnServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { formatDuration } from '../util/duration.ts';
import { ServerHandle } from './server-handle.ts';
import { assertPortFree } from './start-conflicts.ts';

const READY_POLL_MS = 10;
const PROBE_TIMEOUT_MS = 5_000;
const ERROR_LINES = 10;

export interface LaunchOptions {
  readonly paths: TownPaths;
  readonly config: TownConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly rig: string;
  readonly doltBin: string;
}

export interface LaunchedServer {
  readonly handle: ServerHandle;
  readonly target: ProbeTarget;
  readonly remotesapiPort: number | null;
  /** Size of the log in bytes before the server wrote to it. */
  readonly logOffset: number;
}

/**
 * Spawns the server of a rig as `gt.yaml` has it.
 *
 * @throws AppError RIG_UNKNOWN, PORT_IN_USE, SERVER_FAILED, IO_ERROR
 */
export async function launchServer(options: LaunchOptions): Promise<LaunchedServer> {
  const { paths, config, rig } = options;
  const settings = config.rigs.find((one) => one.name === rig);
  if (settings?.port === undefined) throw new AppError('RIG_UNKNOWN', `rig "${rig}" has no port in ${paths.config}`);
  const { host, port, remotesapiPort } = settings;
  await assertPortFree(rig, host, port);
  if (remotesapiPort !== undefined) await assertPortFree(rig, host, remotesapiPort);
  await makeTownDirectories(paths);
  const token = randomUUID();
  const logFile = paths.log(rig);
  const [configFile, logOffset] = await Promise.all([
    writeServerConfig(paths, { rig, host, port, remotesapiPort, logLevel: config.logs.level, token }),
    fileSize(logFile),
  ]);
  const env = doltEnvironment(paths, options.env);
  const spawned = await spawnServer({
    doltBin: options.doltBin,
    dataDir: paths.rig(rig),
    configFile,
    logFile,
    token,
    env,
  });
  return {
    handle: new ServerHandle(spawned.process, spawned.child),
    target: { host, port, database: rig, token, timeoutMs: PROBE_TIMEOUT_MS },
    remotesapiPort: remotesapiPort ?? null,
    logOffset,
  };
}

/**
 * Waits until the server answers over SQL, is the one that was spawned and serves the database.
 *
 * @throws AppError SERVER_FAILED with its last log lines, START_TIMEOUT, CANCELLED
 */
export async function waitUntilReady(
  launched: LaunchedServer,
  logFile: string,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + limits.timeoutMs;
  let ended = false;
  const exited = launched.handle.exited.then(() => {
    ended = true;
  });
  let last = 'it does not accept connections';
  for (;;) {
    const probe = await Promise.race([probeServer(launched.target), exited]);
    if (ended || !probe) throw await endedEarly(launched, logFile);
    // A root with a password refuses us: the token cannot be asked for, but nobody else could have
    // taken the port between our look at it and the server's.
    if (probe.identity === 'verified' || (probe.reachable && probe.identity === 'unknown')) return;
    last = probe.error ?? `another server answers there (${probe.identity})`;
    if (limits.signal.aborted) throw new AppError('CANCELLED', 'the start was given up');
    if (Date.now() >= deadline) {
      const { host, port } = launched.target;
      throw new AppError(
        'START_TIMEOUT',
        `still starting after ${formatDuration(limits.timeoutMs)}: ${host}:${port}: ${last}`,
        {
          hint: 'it goes on starting; look with: gt dolt status, gt dolt logs',
        },
      );
    }
    await Promise.race([delay(READY_POLL_MS), exited]);
  }
}

async function endedEarly(launched: LaunchedServer, logFile: string): Promise<AppError> {
  const lines = await lastLines(logFile, ERROR_LINES, launched.logOffset);
  const said = lines.length > 0 ? `\n${lines.map((line) => `    ${line}`).join('\n')}` : ' It logged nothing.';
  if (lines.some((line) => line.includes('is locked by another dolt process')))
    return dataDirBusy(launched.handle.server.dataDir);
  return new AppError('SERVER_FAILED', `dolt sql-server ended before it was ready.${said}`, {
    hint: `the whole log: ${logFile}`,
  });
}

async function dataDirBusy(directory: string): Promise<AppError> {
  const { findDoltProcesses } = await import('../dolt/dolt-processes.ts');
  const holders = await findDoltProcesses(directory).catch(() => []);
  const named = holders.map(({ pid, command }) => `pid ${pid} (${command})`).join(', ');
  return new AppError(
    'DATA_DIR_BUSY',
    `the database in ${directory} is open in another dolt process${named ? `: ${named}` : ''}`,
    {
      hint: 'end that process, then start again',
    },
  );
}
