import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { backUpBeads } from '../backup/backup.ts';
import type { Beads } from '../beads.ts';

/**
 * Backs the database up before rows are changed by hand; `bd restore DIR` takes it back.
 *
 * @returns the directory of the backup, `.beads/backup/doctor-YYYYMMDD-HHMMSS`
 * @throws AppError when there can be none: then nothing may be changed
 */
export async function backUpBefore(beads: Beads, onProgress?: (text: string) => void): Promise<string> {
  if (beads.beadsDir === undefined) {
    throw new AppError('VALIDATION', 'there is no .beads directory to keep a backup in, so nothing is mended', {
      hint: 'run bd doctor --fix in the project',
    });
  }
  const stamp = beads.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const { directory } = await backUpBeads(beads, {
    directory: join(beads.beadsDir, 'backup', `doctor-${stamp}`),
    onProgress,
  });
  return directory;
}
