import { existsSync } from 'node:fs';
import { localAddress } from '../../town/address.ts';
import { resolveDataDir, townPaths } from '../../town/data-dir.ts';
import { readLiveState, shallRun } from '../../town/live-state.ts';
import { lockTickets } from '../../util/process-lock.ts';
import type { FindRig } from './endpoint.ts';

/**
 * Looks in the town of this user (GT_DOLT_DATA_DIR or `~/.dolt-data`) for the rig that serves a
 * database: a rig, its directory and its database have one name. A running rig is where it runs;
 * another one is where gt.yaml puts it, which is where a server started by hand would be, or one
 * that runs on another machine.
 */
export function townRigFinder(env: NodeJS.ProcessEnv, cwd: string): FindRig {
  return async (database) => {
    const paths = townPaths(resolveDataDir({ env, cwd }));
    const state = await readLiveState(paths, database);
    if (state?.server && ['running', 'starting'].includes(state.state)) {
      return { rig: database, host: localAddress(state.host), port: state.port };
    }
    if (!existsSync(paths.config) && !env['GT_DOLT_HOST']) return undefined;
    const { readTownConfig } = await import('../../town/config.ts');
    // A broken gt.yaml is `gt`'s to complain about: a client can do without it.
    const config = await readTownConfig(paths.config, env).catch(() => undefined);
    const remote = config?.remoteRigs.find(({ name }) => name === database);
    if (remote) return { rig: database, host: remote.host, port: remote.port, remote };
    const rig = config?.rigs.find(({ name }) => name === database);
    return rig?.port === undefined ? undefined : { rig: database, host: localAddress(rig.host), port: rig.port };
  };
}

/**
 * Whether a rig's server is started again whenever it ends: a supervisor lives, and the rig shall run.
 *
 * @example if (await isKeptUp('beads', process.env, process.cwd())) await tryAgain();
 */
export async function isKeptUp(rig: string, env: NodeJS.ProcessEnv, cwd: string): Promise<boolean> {
  const paths = townPaths(resolveDataDir({ env, cwd }));
  const live = await readLiveState(paths, rig);
  if (!live || !shallRun(live.state)) return false;
  const [supervisor] = await lockTickets(paths.lock('supervisor'));
  return supervisor?.judged === 'alive';
}
