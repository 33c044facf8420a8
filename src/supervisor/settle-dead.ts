import { verifyServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { readLiveState, writeLiveState } from '../town/live-state.ts';
import type { ProcessLock } from '../util/process-lock.ts';
import { takeSupervisorLock } from './supervisor-lock.ts';

/**
 * Marks as stopped those of the rigs whose servers have ended, while no supervisor runs: what only
 * wants them stopped need not start one, which would start them first.
 *
 * @returns the rigs that are stopped now; none when a supervisor has come meanwhile
 * @throws AppError IO_ERROR
 */
export async function settleDead(paths: TownPaths, rigs: Iterable<string>): Promise<Set<string>> {
  const lock = await lockUnwatched(paths);
  const settled = new Set<string>();
  if (!lock) return settled;
  try {
    for (const rig of rigs) {
      const live = await readLiveState(paths, rig);
      if (!live || (live.server && (await verifyServer(live.server)).result !== 'dead')) continue;
      await writeLiveState(paths, { ...live, state: 'stopped', server: null, lastError: null });
      settled.add(rig);
    }
    return settled;
  } finally {
    await lock.release();
  }
}

/** Whoever holds the supervisor's lock is the one who writes the states. */
async function lockUnwatched(paths: TownPaths): Promise<ProcessLock | undefined> {
  try {
    return await takeSupervisorLock(paths);
  } catch (error) {
    if (error instanceof AppError && error.code === 'DATA_DIR_BUSY') return undefined;
    throw error;
  }
}
