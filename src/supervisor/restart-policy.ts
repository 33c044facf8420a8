/** How a server that died is started again. Durations in ms. */
export interface RestartLimits {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** So many deaths within the window, and the rig is given up. */
  readonly maxFailures: number;
  readonly windowMs: number;
}

export type RestartDecision = { action: 'restart'; delayMs: number } | { action: 'give-up'; failures: number };

/**
 * Decides when a server is started again: at once after the first death, then after a delay that
 * doubles, and not at all after too many deaths in a window of time.
 *
 * @example new RestartPolicy(limits).decide([], Date.now()) // { action: 'restart', delayMs: 0 }
 */
export class RestartPolicy {
  private readonly limits: RestartLimits;
  private deaths: number[] = [];

  constructor(limits: RestartLimits) {
    this.limits = limits;
  }

  /** Notes a death at `now` (ms) and tells what to do. */
  decide(now: number): RestartDecision {
    this.deaths = this.deaths.filter((death) => now - death < this.limits.windowMs);
    this.deaths.push(now);
    const failures = this.deaths.length;
    if (failures >= this.limits.maxFailures) return { action: 'give-up', failures };
    if (failures === 1) return { action: 'restart', delayMs: 0 };
    return {
      action: 'restart',
      delayMs: Math.min(this.limits.firstDelayMs * 2 ** (failures - 2), this.limits.maxDelayMs),
    };
  }

  /** An operator started it by hand: what was before does not count. */
  forget(): void {
    this.deaths = [];
  }
}
