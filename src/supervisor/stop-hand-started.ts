import { setTimeout as delay } from 'node:timers/promises';
import { findHandStarted } from '../dolt/hand-started.ts';
import { databasesIn } from '../dolt/rig-database.ts';
import { signalServer, verifyServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { ServerProcess } from '../town/live-state.ts';
import { formatDuration } from '../util/duration.ts';
import { SupervisorClient } from './client.ts';
import type { RigOutcome, RigSnapshot } from './protocol.ts';
import { stoppedSnapshot } from './rig-status.ts';
import { handStartedSnapshot } from './start-conflicts.ts';
import { toWireError } from './wire-error.ts';

export interface StopHandStartedOptions {
  readonly paths: TownPaths;
  readonly rig: string;
  /** The rigs that were asked for by name. */
  readonly asked: readonly string[];
  readonly force: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const POLL_MS = 20;

/** What became of the rig, and which rigs that nobody asked for went down with it. */
export type HandStartedOutcome = RigOutcome & { readonly alsoStopped: readonly string[] };

/**
 * Stops a rig that the supervisor does not watch: it is stopped, or somebody started its server by
 * hand. That one is ended only when asked for by name and with force.
 */
export async function stopHandStarted(options: StopHandStartedOptions): Promise<HandStartedOutcome> {
  const begun = performance.now();
  const found = await handStartedSnapshot(options.paths, options.rig);
  const done = (snapshot: RigSnapshot, rest: Partial<HandStartedOutcome> = {}): HandStartedOutcome => {
    const tookMs = performance.now() - begun;
    return { snapshot, error: null, already: false, forced: false, alsoStopped: [], tookMs, ...rest };
  };
  if (!found?.live.server) return done(await stoppedSnapshot(options.paths, options.rig), { already: true });
  const { server } = found.live;
  const others = await otherRigsOf(server.pid, options);
  if (!options.asked.includes(options.rig) || !options.force)
    return done(found, { error: toWireError(refusal(options.rig, server.pid, others)) });
  try {
    await signalServer(server, 'SIGTERM');
    const forced = !(await endsWithin(server, options));
    if (forced) await signalServer(server, 'SIGKILL');
    if (forced && !(await endsWithin(server, options))) {
      throw new AppError('STOP_TIMEOUT', `pid ${server.pid} is still there after ${formatDuration(options.timeoutMs)}`);
    }
    await refuseKept(options.paths, options.rig, server.pid);
    return done(await stoppedSnapshot(options.paths, options.rig), { forced, alsoStopped: others });
  } catch (error) {
    return done(found, { error: toWireError(error) });
  }
}

/** A server for the whole data dir serves every database in it. */
async function otherRigsOf(pid: number, { paths, rig, asked }: StopHandStartedOptions): Promise<string[]> {
  const names = (await databasesIn(paths)).filter((name) => name !== rig && !asked.includes(name));
  const servers = await Promise.all(names.map((name) => findHandStarted(paths, name)));
  return names.filter((_, index) => servers[index]?.pid === pid);
}

/** Somebody may have started a supervisor meanwhile that took the server for its own, and brings it back. */
async function refuseKept(paths: TownPaths, rig: string, pid: number): Promise<void> {
  const client = await SupervisorClient.connect(paths).catch(() => undefined);
  try {
    if (!client || !(await client.watched()).includes(rig)) return;
  } finally {
    client?.close();
  }
  throw new AppError('CONFLICT', `rig "${rig}": pid ${pid} has ended, and the supervisor starts it again`, {
    hint: `gt dolt stop ${rig}`,
  });
}

function refusal(rig: string, pid: number, others: readonly string[]): AppError {
  const same = others.length === 0 ? '' : `, and with it ${others.join(', ')}`;
  return new AppError(
    'FOREIGN_SERVER',
    `rig "${rig}" is served by pid ${pid}, which gt did not start: it is left alone`,
    {
      hint: `to end it all the same${same}: gt dolt stop ${rig} --force`,
    },
  );
}

async function endsWithin(server: ServerProcess, { timeoutMs, signal }: StopHandStartedOptions): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while ((await verifyServer(server)).result !== 'dead') {
    if (signal?.aborted) throw new AppError('CANCELLED', `interrupted; pid ${server.pid} goes on stopping`);
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
