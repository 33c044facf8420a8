import { verifyServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { ServerProcess } from '../town/live-state.ts';
import { formatDuration } from '../util/duration.ts';
import { givenUp } from './readiness.ts';
import type { ServerHandle } from './server-handle.ts';

/** After SIGKILL only a process that hangs in the kernel is still there. */
const KILL_TIMEOUT_MS = 10_000;

/**
 * Waits for the end of a server that was sent SIGTERM; with `force` kills it after the time-out.
 *
 * @param limits `startsAgain` tells that the end is that of a restart, which goes on
 * @returns whether it was killed
 * @throws AppError STOP_TIMEOUT; CONFLICT when the signal comes first
 */
export async function awaitEnd(
  handle: ServerHandle,
  limits: { timeoutMs: number; force: boolean; signal?: AbortSignal; startsAgain?: boolean },
): Promise<boolean> {
  const { timeoutMs, force, signal, startsAgain = false } = limits;
  if (await handle.endsWithin(timeoutMs, signal)) return false;
  if (signal?.aborted) throw givenUp(handle.place.database);
  if (!force) throw stillStopping(handle, timeoutMs, startsAgain);
  await handle.signal('SIGKILL');
  if (!(await handle.endsWithin(KILL_TIMEOUT_MS))) throw stillStopping(handle, KILL_TIMEOUT_MS);
  return true;
}

function stillStopping({ place, server }: ServerHandle, waitedMs: number, startsAgain = false): AppError {
  const { database } = place;
  const wait = startsAgain ? 'wait: it is started again as soon as it has ended;' : 'wait,';
  return new AppError(
    'STOP_TIMEOUT',
    `rig "${database}" is still stopping after ${formatDuration(waitedMs)} (pid ${server.pid})`,
    { hint: `${wait} or kill it and lose what it has not yet written: gt dolt stop ${database} --force` },
  );
}

/**
 * Refuses to go on when the process that is recorded as the rig's lives and does not look like it:
 * nothing is done to it, or beside it.
 *
 * @throws AppError IDENTITY_UNVERIFIED
 */
export async function refuseUnverified(rig: string, server: ServerProcess | null): Promise<void> {
  const verdict = server ? await verifyServer(server) : undefined;
  if (verdict?.result !== 'unknown') return;
  throw new AppError(
    'IDENTITY_UNVERIFIED',
    `rig "${rig}": its server cannot be verified, so nothing was done: ${verdict.why}`,
    { hint: `look at it with: ps -fp ${server?.pid}; when that process has ended, try again` },
  );
}
