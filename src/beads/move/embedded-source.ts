import { setTimeout as delay } from 'node:timers/promises';
import { directorySessions, type Session } from '../../database/backup/session.ts';
import type { DoltProgram } from '../../database/run-dolt.ts';
import { isHeldElsewhere } from '../../database/sql-error.ts';
import { AppError } from '../../errors.ts';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/**
 * Runs work on a database directory whose write lock the caller holds. A command that only reads has
 * it open without that lock, for moments, and keeps Dolt from writing: then the work is done again.
 *
 * @throws AppError CONFLICT when somebody keeps it open
 */
export async function onDirectory<T>(
  program: DoltProgram,
  directory: string,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await directorySessions(program, directory, database)(work);
    } catch (error) {
      if (!isHeldElsewhere(error)) throw error;
      if (Date.now() > deadline) {
        throw new AppError('CONFLICT', `another program keeps ${directory} open`, {
          hint: 'end it, then run the command again',
          cause: error,
        });
      }
    }
    await delay(PAUSE_MS);
  }
}
