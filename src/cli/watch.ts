import { setTimeout as delay } from 'node:timers/promises';

export interface RepeatOptions {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Clear the terminal before each time. */
  readonly clear: boolean;
}

/** Does something again and again, until the signal: that is the normal end. */
export async function repeat(options: RepeatOptions, show: () => Promise<void>): Promise<void> {
  while (!options.signal.aborted) {
    if (options.clear) process.stdout.write('\u001b[2J\u001b[H');
    await show();
    await delay(options.everyMs, undefined, { signal: options.signal }).catch(() => undefined);
  }
}
