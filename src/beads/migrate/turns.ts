import { setImmediate } from 'node:timers/promises';

/** Work that is done one after the other while the next is prepared. */
export interface Turns {
  /** Waits until the work before is done, and starts this one. */
  next(work: () => Promise<void>): Promise<void>;
  /** Lets what is under way go on, now and then: preparing the next keeps the process busy. */
  breathe(): Promise<void> | undefined;
  /** Waits until all is done. */
  end(): Promise<void>;
}

const CALLS_PER_BREATH = 50;

/**
 * Lets Dolt and this process work at the same time, one step apart. An error of a work is thrown by
 * the call after it.
 */
export function createTurns(): Turns {
  let pending: Promise<void> = Promise.resolve();
  let calls = 0;
  return {
    async next(work) {
      await pending;
      pending = work();
      // Whoever comes next hears of it.
      pending.catch(() => undefined);
    },
    breathe() {
      calls += 1;
      return calls % CALLS_PER_BREATH === 0 ? setImmediate() : undefined;
    },
    end: () => pending,
  };
}
