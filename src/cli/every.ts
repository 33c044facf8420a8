import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { parseDuration } from '../util/duration.ts';

/** Least pause between two runs, in ms: what is asked may be on other people's machines. */
const SHORTEST_MS = 5_000;

/**
 * Runs `work` again and again until the signal comes, with a pause after each run.
 *
 * @param pause as `5m`
 * @throws AppError VALIDATION for a pause below 5s; what `work` throws ends nothing and goes to `onError`
 */
export async function runEvery(
  pause: string,
  signal: AbortSignal,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Promise<void> {
  const pauseMs = parseDuration(pause);
  if (pauseMs < SHORTEST_MS)
    throw new AppError('VALIDATION', `every ${pause} is too often`, { hint: 'use 5s or more' });
  while (!signal.aborted) {
    await work().catch(onError);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
