import { verifyServer } from '../dolt/server-process.ts';
import type { TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { type LiveState, readLiveState, rigsWithState, shallRun } from '../town/live-state.ts';

/**
 * Those of the rigs whose supervised server may run, or whose restart is due: a supervisor that runs
 * has to be asked about them.
 */
export async function survivors(paths: TownPaths, rigs: readonly string[]): Promise<Set<string>> {
  return selected(paths, rigs, async (live) => shallRun(live.state) || live.state === 'failed' || mayLive(live));
}

/** Those of the rigs whose recorded server lives, also where it cannot be verified. */
export async function livingRigs(paths: TownPaths, rigs: readonly string[]): Promise<Set<string>> {
  return selected(paths, rigs, mayLive);
}

/** Rigs that were taken out of gt.yaml and whose server lives: it is still the town's. */
export async function unlistedRigs(paths: TownPaths, config: TownConfig): Promise<string[]> {
  return [...(await livingRigs(paths, await unlisted(paths, config)))].sort();
}

/** The same, with those whose restart may be due. */
export async function unlistedSurvivors(paths: TownPaths, config: TownConfig): Promise<string[]> {
  return [...(await survivors(paths, await unlisted(paths, config)))].sort();
}

async function unlisted(paths: TownPaths, config: TownConfig): Promise<string[]> {
  const names = await rigsWithState(paths);
  return names.filter((name) => !config.rigs.some((rig) => rig.name === name));
}

async function selected(
  paths: TownPaths,
  rigs: readonly string[],
  test: (live: LiveState) => Promise<boolean>,
): Promise<Set<string>> {
  const found = await Promise.all(
    rigs.map(async (rig) => {
      const live = await readLiveState(paths, rig);
      return live && (await test(live)) ? [rig] : [];
    }),
  );
  return new Set(found.flat());
}

async function mayLive({ server }: LiveState): Promise<boolean> {
  return server !== null && (await verifyServer(server)).result !== 'dead';
}
