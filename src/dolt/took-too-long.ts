import { AppError } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';

/** What is said of a Dolt that was ended because it took longer than it may. */
export function tookTooLong(command: string, boundMs: number, directory: string): AppError {
  return new AppError('IO_ERROR', `${command} did not end within ${formatDuration(boundMs)}, and was ended`, {
    hint: `look whether the disk of ${directory} answers, then run the command again`,
  });
}
