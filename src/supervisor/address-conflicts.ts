import { verifyServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { RigConfig, RigEdit, TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { readLiveState } from '../town/live-state.ts';

/** A server that runs keeps its address: to write another one and say "already running" would lie. */
export async function assertNotRunningElsewhere(paths: TownPaths, rig: RigConfig, edit: RigEdit): Promise<void> {
  const live = await readLiveState(paths, rig.name);
  if (!live || !(await isRunning(paths, rig.name))) return;
  const moves =
    (edit.host ?? live.host) !== live.host ||
    (edit.port ?? live.port) !== live.port ||
    (edit.remotesapiPort ?? live.remotesapiPort) !== live.remotesapiPort;
  if (!moves) return;
  throw new AppError(
    'RIG_RUNNING',
    `rig "${rig.name}" runs on ${live.host}:${live.port}, and another address was asked for`,
    {
      hint: `gt dolt stop ${rig.name}   first, then start it with the new one`,
    },
  );
}

/** Whether the server that was recorded for a rig lives. */
export async function isRunning(paths: TownPaths, rig: string): Promise<boolean> {
  const live = await readLiveState(paths, rig);
  return live?.state === 'running' && live.server !== null && (await verifyServer(live.server)).result !== 'dead';
}

/** @throws AppError PORT_IN_USE for a port that gt.yaml gives to another rig */
export function assertUnclaimed(config: TownConfig, edit: RigEdit): void {
  const wanted = [edit.port, edit.remotesapiPort].filter((port) => port !== undefined);
  for (const other of config.rigs) {
    if (other.name === edit.name) continue;
    const taken = wanted.find((port) => port === other.port || port === other.remotesapiPort);
    if (taken !== undefined)
      throw new AppError('PORT_IN_USE', `port ${taken} is configured for rig "${other.name}"`, {
        hint: `choose another one: ${taken === edit.port ? '--port' : '--remotesapi-port'} N`,
      });
  }
}
