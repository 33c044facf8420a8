import { readFile } from 'node:fs/promises';
import type { TownPaths } from '../town/data-dir.ts';
import { liveness, type ProcessIdentity } from '../util/process-identity.ts';

/** The pid of the supervisor that has noted itself in the data dir, where that very process lives. */
export async function recordedSupervisor(paths: TownPaths): Promise<number | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(paths.supervisorState, 'utf8'));
    return isIdentity(value) && (await liveness(value)) === 'alive' ? value.pid : undefined;
  } catch {
    // None there, or broken: who is meant is not known.
    return undefined;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime } = value as Partial<ProcessIdentity>;
  return typeof pid === 'number' && typeof startTime === 'string';
}
