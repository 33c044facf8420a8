import { AppError } from '../../errors.ts';
import { reachableServer } from '../workspace/connect.ts';
import { type FindRig, isOnThisHost, movedTarget, type ServerTarget } from '../workspace/endpoint.ts';
import type { Settings } from '../workspace/settings.ts';
import { connectWithoutDatabase, lookForStore } from './server-store.ts';

/**
 * The server that a database is to be made on, or replaced: where opening would look for it. A port
 * that was recorded may be old, and another server may answer there by now: the town's rig of the
 * database's name goes before it, unless the database is there.
 *
 * @param findRig looks in the user's town
 * @throws AppError SERVER_UNREACHABLE, ACCESS_DENIED
 */
export async function placeOnServer(target: ServerTarget, settings: Settings, findRig: FindRig): Promise<ServerTarget> {
  const rig = isOnThisHost(target.endpoint) ? await findRig(target.database) : undefined;
  const options = { settings, env: settings.env, dir: '/', findRig, rig: rig?.rig };
  const moved = movedTarget(target, rig, settings);
  return reachableServer(moved && !(await isAt(target)) ? moved : target, options);
}

/** Whether a server has the database, with issues in it. */
async function isAt(target: ServerTarget): Promise<boolean> {
  try {
    const connection = await connectWithoutDatabase(target);
    try {
      return (await lookForStore(connection, target.database)) === 'issues';
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}
