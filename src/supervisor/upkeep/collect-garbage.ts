import { holdsDatabase } from '../../dolt/rig-database.ts';
import { AppError } from '../../errors.ts';
import { directoryBytes } from '../../util/directory-bytes.ts';
import { type RigAccess, rigSessions } from '../rig-sessions.ts';

/** One rig in the JSON of `gt dolt gc`. */
export interface CollectedRig {
  rig: string;
  /** What the database took on the disk, in bytes. */
  bytes_before: number;
  bytes_after: number;
  took_ms: number;
}

/**
 * Has Dolt drop what no branch, tag or working set needs any more. Safe while the server runs: open
 * transactions keep what they see.
 *
 * @param full look at old generations too: takes longer, and gives back what a shortened history leaves
 * @throws AppError RIG_WITHOUT_DATABASE, SERVER_NOT_RUNNING, SQL_ERROR
 */
export async function collectGarbage(access: RigAccess, full: boolean): Promise<CollectedRig> {
  const { paths, status } = access;
  const { rig } = status;
  if (!(await holdsDatabase(paths, rig))) {
    throw new AppError('RIG_WITHOUT_DATABASE', `rig "${rig}" has no database: ${paths.rig(rig)}`, {
      hint: 'gt dolt list   shows the rigs and their directories',
    });
  }
  const bytes_before = directoryBytes(paths.rig(rig)) ?? 0;
  const started = performance.now();
  await rigSessions(access)((session) => session.run(full ? "CALL DOLT_GC('--full')" : 'CALL DOLT_GC()'));
  const took_ms = Math.round(performance.now() - started);
  return { rig, bytes_before, bytes_after: directoryBytes(paths.rig(rig)) ?? 0, took_ms };
}
