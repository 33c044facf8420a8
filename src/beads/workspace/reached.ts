import { HQ_RIG } from '../../town/rig-name.ts';
import { isOnThisHost, movedTarget, type Target } from './endpoint.ts';
import type { Location } from './locate.ts';
import { townRigFinder } from './town-rig.ts';

const PROBE_MS = 1_000;

/**
 * A location with the endpoint at which its database is reached: where the recorded port leads
 * nowhere, that of the town's rig, as `connectTarget` finds it. Nothing is said to a server.
 *
 * @param dir directory that relative paths of the environment start from
 * @example const { target } = await reachedLocation(await locateBeads(options), process.cwd());
 */
export async function reachedLocation(location: Location, dir: string): Promise<Location> {
  const { target, settings } = location;
  if (target.mode === 'embedded' || !isRecorded(target) || !isOnThisHost(target.endpoint)) return location;
  if (await listens(target.endpoint.host, target.endpoint.port)) return location;
  const findRig = townRigFinder(settings.env, dir);
  const rig = (await findRig(target.database)) ?? (await findRig(HQ_RIG));
  const moved = movedTarget(target, rig, settings);
  return moved ? { ...location, target: moved } : location;
}

function isRecorded(target: Target & { mode: 'server' }): boolean {
  return target.portFrom === 'metadata' || target.portFrom === 'dolt-server.port';
}

async function listens(host: string, port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
