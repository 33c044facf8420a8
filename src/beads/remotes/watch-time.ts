import { formatDuration } from '../../util/duration.ts';

/** Tells once a second how long something takes, until the timer is cleared. */
export function watchTime(what: string, onProgress: ((text: string) => void) | undefined): NodeJS.Timeout | undefined {
  if (!onProgress) return undefined;
  const started = Date.now();
  return setInterval(() => onProgress(`${what}: ${formatDuration(Date.now() - started)}`), 1_000);
}
