import { HQ_RIG } from '../../town/rig-name.ts';
import { isListening } from '../../util/is-listening.ts';
import { isOnThisHost, movedTarget, type Target } from './endpoint.ts';
import type { Location } from './locate.ts';
import { townRigFinder } from './town-rig.ts';

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
  if (await isListening(target.endpoint.host, target.endpoint.port)) return location;
  const findRig = townRigFinder(settings.env, dir);
  const rig = (await findRig(target.database)) ?? (await findRig(HQ_RIG));
  const moved = movedTarget(target, rig, settings);
  return moved ? { ...location, target: moved } : location;
}

function isRecorded(target: Target & { mode: 'server' }): boolean {
  return target.portFrom === 'metadata' || target.portFrom === 'dolt-server.port';
}
