import { verifyServer } from '../dolt/server-process.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { readLiveState } from '../town/live-state.ts';

/**
 * Those of the rigs whose supervised server may run, or whose restart is due: the supervisor has to
 * be asked about them.
 */
export async function survivors(paths: TownPaths, rigs: readonly string[]): Promise<Set<string>> {
  const alive = await Promise.all(
    rigs.map(async (rig) => {
      const live = await readLiveState(paths, rig);
      if (!live) return [];
      if (live.server)
        return (await verifyServer(live.server)).result === 'dead' && live.state !== 'running' ? [] : [rig];
      return live.state === 'backoff' || live.state === 'failed' ? [rig] : [];
    }),
  );
  return new Set(alive.flat());
}
