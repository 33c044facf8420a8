import { setTimeout as delay } from 'node:timers/promises';
import { findHandStarted, isDoltServer, serverDirectory } from '../dolt/hand-started.ts';
import { portHolder } from '../dolt/port-holder.ts';
import { probeServer } from '../dolt/server-probe.ts';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { isListening } from '../util/is-listening.ts';
import { startedAt } from '../util/process-identity.ts';
import type { RigSnapshot } from './protocol.ts';

/**
 * A server that somebody started by hand on the rig's database, as a snapshot: it serves the rig,
 * `bd` uses it, and we neither adopt nor end it.
 */
export async function handStartedSnapshot(paths: TownPaths, rig: string): Promise<RigSnapshot | undefined> {
  const found = await findHandStarted(paths, rig);
  if (!found) return undefined;
  const { pid, startTime, executable, cwd } = found;
  return {
    managed: false,
    probe: null,
    live: {
      rig,
      state: 'running',
      server: { pid, startTime, executable, dataDir: cwd, token: '' },
      host: '127.0.0.1',
      port: found.port,
      remotesapiPort: null,
      version: null,
      startedAt: startedAt(found),
      restarts: 0,
      lastError: null,
    },
  };
}

/**
 * Waits until such a server answers over SQL and serves the rig's database: only then does the rig run.
 *
 * @returns undefined when there is none
 * @throws AppError START_TIMEOUT
 */
export async function awaitHandStarted(options: {
  readonly paths: TownPaths;
  readonly rig: string;
  readonly timeoutMs: number;
  /** Of root, to be tried one after the other. */
  readonly passwords: readonly string[];
}): Promise<RigSnapshot | undefined> {
  const { timeoutMs, passwords } = options;
  const snapshot = await handStartedSnapshot(options.paths, options.rig);
  if (!snapshot) return undefined;
  const { rig, host, port, server } = snapshot.live;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const wait = Math.max(1, Math.min(deadline - performance.now(), 5_000));
    const probe = await probeServer({ host, port, database: rig, token: undefined, passwords, timeoutMs: wait });
    if (probe.reachable && probe.identity !== 'mismatch') return { ...snapshot, probe };
    if (performance.now() >= deadline) {
      const why = probe.error ?? 'it does not serve this database';
      throw new AppError(
        'START_TIMEOUT',
        `rig "${rig}" is held by pid ${server?.pid}, which gt did not start: ${why}`,
        {
          hint: `gt dolt stop ${rig} --force   ends it`,
        },
      );
    }
    await delay(Math.min(50, wait));
  }
}

/** What a `restart` says of such a server. */
export function servedByHand(rig: string, snapshot: RigSnapshot | undefined): AppError {
  const pid = snapshot?.live.server?.pid;
  return new AppError('FOREIGN_SERVER', `rig "${rig}" is served by pid ${pid}, which gt did not start`, {
    hint: `gt dolt stop ${rig} --force   ends it, then: gt dolt start ${rig}`,
  });
}

/**
 * Refuses to start a server on a port that somebody listens on.
 *
 * @throws AppError PORT_IN_USE with the holder's pid, command and data directory
 */
export async function assertPortFree(rig: string, host: string, port: number): Promise<void> {
  if (!(await isListening(host, port))) return;
  throw new AppError('PORT_IN_USE', `port ${port} for rig "${rig}" is held by ${await describeHolder(port)}`, {
    hint: `stop that program, or give the rig another port: gt dolt start ${rig} --port N`,
  });
}

/** Who listens on a port: pid and command, and the data directory of a Dolt server. */
export async function describeHolder(port: number): Promise<string> {
  const holder = await portHolder(port);
  if (!holder) return 'a process that this user may not look at';
  const directory = isDoltServer(holder) ? `, data dir ${(await serverDirectory(holder)) ?? 'unknown'}` : '';
  const command = holder.argv.join(' ').slice(0, 200) || holder.executable;
  return `pid ${holder.pid} (${command}${directory})`;
}
