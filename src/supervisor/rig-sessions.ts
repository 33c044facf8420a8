import { join } from 'node:path';
import { directorySessions, serverSessions, type WithSession } from '../database/backup/session.ts';
import type { DoltProgram } from '../database/run-dolt.ts';
import { doltEnvironment } from '../dolt/environment.ts';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { driverLogin, rigLogin } from './rig-login.ts';
import type { RigStatus } from './rig-status.ts';

/** What is needed to reach a rig's database, whether its server runs or not. */
export interface RigAccess {
  readonly paths: TownPaths;
  /** What the rig does now. */
  readonly status: RigStatus;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The Dolt of a town, for what it does beside its servers. */
export function doltOf(paths: TownPaths, doltBin: string, env: NodeJS.ProcessEnv): DoltProgram {
  return { doltBin, doltHome: paths.doltRoot, env: doltEnvironment(paths, env) };
}

/**
 * Sessions of a rig's database: through its server while it runs, in its directory while it does not.
 *
 * @param database another one that the rig's server has, see `otherDatabases`
 * @throws AppError SERVER_NOT_RUNNING while it starts or stops, or cannot be verified
 */
export function rigSessions({ paths, status, doltBin, env }: RigAccess, database = status.rig): WithSession {
  const { rig, host, port, state } = status;
  if (isAtRest(status)) {
    const directory = database === rig ? paths.rig(rig) : join(paths.rig(rig), database);
    return directorySessions(doltOf(paths, doltBin, env), directory, database);
  }
  if (state === 'running' && status.reachable && status.identity === 'verified' && port !== null) {
    return async (work) => {
      const login = await rigLogin(paths, { host, port, database }, env);
      return serverSessions(await driverLogin(login))(work);
    };
  }
  throw new AppError('SERVER_NOT_RUNNING', `rig "${rig}" is ${state}, and its server cannot be asked`, {
    hint: `gt dolt status ${rig}   tells why; this works while it runs, and while it is stopped`,
  });
}

/** Whether no server has the database: also where another program holds the rig's port. */
export function isAtRest({ state, pid }: RigStatus): boolean {
  return state === 'stopped' || state === 'failed' || (state === 'foreign' && pid === null);
}
