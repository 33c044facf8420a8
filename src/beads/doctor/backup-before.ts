import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';
import type { Beads } from '../beads.ts';
import { isOnThisHost } from '../workspace/endpoint.ts';

/**
 * Copies the database with all its history, and what is not committed, before rows are changed by
 * hand. The copy is Dolt's own backup: `dolt backup restore file://DIR NAME` makes a database of it.
 *
 * @returns the directory of the copy, `.beads/backup/doctor-YYYYMMDD-HHMMSS`
 * @throws AppError when there can be none: then nothing may be changed
 */
export async function backUpBefore(beads: Beads): Promise<string> {
  const { target } = beads.location;
  if (beads.beadsDir === undefined || (target.mode === 'server' && !isOnThisHost(target.endpoint))) {
    throw new AppError('IO_ERROR', 'no backup can be made here: the server is not on this machine', {
      hint: 'run bd doctor --fix on the machine of the server',
    });
  }
  const stamp = beads.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const directory = join(beads.beadsDir, 'backup', `doctor-${stamp}`);
  await mkdir(join(beads.beadsDir, 'backup'), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fileError(error, `cannot make ${directory}`);
  });
  await beads.db.query("CALL DOLT_BACKUP('sync-url', ?)", [pathToFileURL(directory).href]);
  return directory;
}
