import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { databasesIn, holdsDatabase } from '../dolt/rig-database.ts';
import { AppError } from '../errors.ts';
import { defaultTownConfig, readTownConfig, type TownConfig, unknownRig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { readLiveState, rigsWithState } from '../town/live-state.ts';
import { HQ_RIG } from '../town/rig-name.ts';

/**
 * The rigs that a data dir without configured rigs begins with: the databases that lie in it, or the
 * HQ rig.
 */
export async function firstRigs(paths: TownPaths): Promise<string[]> {
  const found = await databasesIn(paths);
  return found.length > 0 ? found : [HQ_RIG];
}

/** What to say of a rig that gt.yaml does not name. */
export async function noSuchRig(paths: TownPaths, name: string, config: TownConfig): Promise<AppError> {
  const unknown = unknownRig(name, config);
  // Also where a database of that name is left from the time before it moved away.
  if (unknown.code === 'MANAGED_ELSEWHERE') return unknown;
  if (!(await holdsDatabase(paths, name))) {
    if (!existsSync(paths.rig(name))) return unknown;
    return new AppError('RIG_UNKNOWN', `${unknown.message}, and ${paths.rig(name)} holds no Dolt database`, {
      hint: `move that directory away, then: gt dolt init-rig ${name}`,
    });
  }
  return new AppError('RIG_UNKNOWN', `rig "${name}" is not in ${paths.config}, but its database is there`, {
    hint: `gt dolt start ${name}   takes it into gt.yaml and starts it`,
  });
}

/**
 * Reads gt.yaml; while it is invalid, or cannot be read, what state files and databases tell of the rigs, so that
 * whoever broke it still sees and stops what runs.
 *
 * @param warn told of what is wrong with it; without it that is thrown
 * @throws AppError CONFIG_INVALID, IO_ERROR
 */
export async function configOrState(
  paths: TownPaths,
  warn?: (problem: AppError) => void,
  env: NodeJS.ProcessEnv = {},
): Promise<TownConfig> {
  try {
    return await readTownConfig(paths.config, env);
  } catch (error) {
    if (!warn || !(error instanceof AppError) || !(await isPassedOver(paths, error))) throw error;
    warn(error);
  }
  const names = new Set([...(await databasesIn(paths)), ...(await rigsWithState(paths))]);
  const rigs = [...names].sort().map(async (name) => {
    const live = await readLiveState(paths, name);
    const host = live?.host ?? '127.0.0.1';
    return { name, host, port: live?.port || undefined, remotesapiPort: live?.remotesapiPort ?? undefined };
  });
  return { ...(await defaultTownConfig()), rigs: await Promise.all(rigs) };
}

/** A data dir that cannot be looked into tells nothing of its rigs either. */
async function isPassedOver({ dataDir }: TownPaths, { code }: AppError): Promise<boolean> {
  if (code !== 'IO_ERROR') return code === 'CONFIG_INVALID';
  return readdir(dataDir).then(
    () => true,
    () => false,
  );
}
