import { resolveDataDir, townPaths } from '../../town/data-dir.ts';
import { readLiveState } from '../../town/live-state.ts';
import type { FindRig } from './endpoint.ts';

/**
 * Looks in the town of this user (GT_DOLT_DATA_DIR or `~/.dolt-data`) for the rig that serves a
 * database: a rig, its directory and its database have one name.
 */
export function townRigFinder(env: NodeJS.ProcessEnv, cwd: string): FindRig {
  return async (database) => {
    const state = await readLiveState(townPaths(resolveDataDir({ env, cwd })), database);
    if (!state?.server || !['running', 'starting'].includes(state.state)) return undefined;
    return { rig: state.rig, host: state.host, port: state.port };
  };
}
