import { watch } from 'node:fs';
import { systemErrorCode } from '../errors.ts';

/**
 * Waits until a file is removed (or touched), at most `boundMs`, or until the abort. Where files cannot be
 * watched, as when the user has no inotify instances left, it waits for `boundMs`: look again in any case.
 *
 * @example await fileGone(ticketAhead, 250);
 */
export function fileGone(path: string, boundMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, boundMs);
    const stop = onChange(path, done);
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      stop?.();
      resolve();
    }
  });
}

/** @returns how to stop watching; undefined where it is gone already or cannot be watched */
function onChange(path: string, seen: () => void): (() => void) | undefined {
  try {
    const watcher = watch(path, { persistent: true }, seen);
    // The look that follows finds out what was wrong.
    watcher.on('error', seen);
    return () => watcher.close();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') setImmediate(seen);
    return undefined;
  }
}
