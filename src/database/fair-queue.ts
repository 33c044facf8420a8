/** Lets so many callers in at a time, in the order of asking, each with a bounded wait. */
export interface FairQueue {
  /**
   * Waits for a place.
   *
   * @param timeoutMs how long at most, in ms
   * @returns a function that gives the place back, or undefined when the time was up
   * @example
   * const leave = await queue.enter(30_000);
   * if (!leave) throw busy();
   * try { await work(); } finally { leave(); }
   */
  enter(timeoutMs: number): Promise<(() => void) | undefined>;
  /** How many wait. */
  readonly waiting: number;
  /** How many are in. */
  readonly inside: number;
}

/** @param capacity how many may be in at the same time */
export function createFairQueue(capacity = 1): FairQueue {
  const waiters = new Set<() => void>();
  let inside = 0;

  /** A place can be given back once; a second call must not let another one in. */
  function place(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      // The place is handed over, so that nobody who comes now is faster than who waits.
      const [next] = waiters;
      if (!next) inside -= 1;
      else {
        waiters.delete(next);
        next();
      }
    };
  }

  return {
    get waiting() {
      return waiters.size;
    },
    get inside() {
      return inside;
    },
    enter(timeoutMs) {
      if (inside < capacity) {
        inside += 1;
        return Promise.resolve(place());
      }
      return new Promise((resolve) => {
        const admit = () => {
          clearTimeout(timer);
          resolve(place());
        };
        const timer = setTimeout(() => {
          waiters.delete(admit);
          resolve(undefined);
        }, timeoutMs);
        waiters.add(admit);
      });
    },
  };
}
