import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 500;

/**
 * Shows something, and again whenever a signal of change differs, until the abort: that is the
 * normal end.
 *
 * @param signalOf tells a text that differs after every change
 */
export async function repeatOnChange(
  signalOf: () => Promise<string>,
  show: () => Promise<unknown>,
  abort: AbortSignal,
): Promise<void> {
  let last: string | undefined;
  while (!abort.aborted) {
    const now = await signalOf();
    if (now !== last) {
      if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
      await show();
    }
    last = now;
    await delay(LOOK_MS, undefined, { signal: abort }).catch(() => undefined);
  }
}
