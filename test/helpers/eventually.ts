import { setTimeout as delay } from 'node:timers/promises';

const BOUND_MS = 120_000;

/**
 * Waits until `look` answers with something true, and returns it. The bound is for a machine that is
 * slow or busy, not an expectation.
 *
 * @example const pid = await eventually('a pid', () => readPid());
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  boundMs = BOUND_MS,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + boundMs;
  for (;;) {
    const seen = await look();
    // The condition has just excluded these.
    if (seen !== undefined && seen !== null && seen !== false) return seen as Exclude<T, undefined | null | false>;
    if (performance.now() > deadline) throw new Error(`never seen within ${boundMs} ms: ${what}`);
    await delay(20);
  }
}
