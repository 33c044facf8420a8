import { AppError } from '../errors.ts';
import { parseDuration } from '../util/duration.ts';

/**
 * The milliseconds that a flag gives as `30s` or `90d`.
 *
 * @throws AppError USAGE naming the flag
 * @example durationFlag('--timeout', '30s') // 30000
 */
export function durationFlag(flag: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    const { message, hint } = cause;
    throw new AppError('USAGE', `${flag}: ${message}`, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}
