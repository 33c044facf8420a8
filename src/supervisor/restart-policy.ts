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
 * @example new RestartPolicy().decide(limits, Date.now()) // { action: 'restart', delayMs: 0 }
 */
export class RestartPolicy {
  private deaths: number[] = [];

  /** Notes a death at `now` (ms) and tells what to do. */
  decide(limits: RestartLimits, now: number): RestartDecision {
    this.deaths = [...this.deaths.filter((death) => now - death < limits.windowMs), now];
    const failures = this.deaths.length;
    if (failures >= limits.maxFailures) return { action: 'give-up', failures };
    if (failures === 1) return { action: 'restart', delayMs: 0 };
    return { action: 'restart', delayMs: Math.min(limits.firstDelayMs * 2 ** (failures - 2), limits.maxDelayMs) };
  }

  /** An operator started it by hand: what was before does not count. */
  forget(): void {
    this.deaths = [];
  }
}
