import { verifyServer } from '../dolt/server-process.ts';
import type { TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { readLiveState, rigsWithState, shallRun } from '../town/live-state.ts';

/**
 * Those of the rigs whose supervised server may run, or whose restart is due: the supervisor has to
 * be asked about them.
 */
export async function survivors(paths: TownPaths, rigs: readonly string[]): Promise<Set<string>> {
  const alive = await Promise.all(
    rigs.map(async (rig) => {
      const live = await readLiveState(paths, rig);
      if (!live) return [];
      if (shallRun(live.state) || live.state === 'failed') return [rig];
      return live.server && (await verifyServer(live.server)).result !== 'dead' ? [rig] : [];
    }),
  );
  return new Set(alive.flat());
}

/** Rigs that were taken out of gt.yaml while their server ran: it is still the town's. */
export async function unlistedRigs(paths: TownPaths, config: TownConfig): Promise<string[]> {
  const names = await rigsWithState(paths);
  const unlisted = names.filter((name) => !config.rigs.some((rig) => rig.name === name));
  return [...(await survivors(paths, unlisted))].sort();
}
