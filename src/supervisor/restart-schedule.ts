import { type RestartLimits, RestartPolicy } from './restart-policy.ts';
import type { RigRecord } from './rig-record.ts';
import type { RunnerOptions } from './runner-options.ts';

/** How long a start that nobody asked for may take. */
export const RESTART_TIMEOUT_MS = 60_000;

/** When one rig's server is started again: its policy, and the timer of the start that is due. */
export class RestartSchedule {
  private readonly policy = new RestartPolicy();
  private timer: NodeJS.Timeout | undefined;

  /** Whether a start is due. */
  get pending(): boolean {
    return this.timer !== undefined;
  }

  /**
   * Notes a death, and plans the next start.
   *
   * @returns after how many deaths it was given up, or undefined when the start is planned
   */
  plan(limits: RestartLimits, start: () => void): number | undefined {
    this.cancel();
    const decision = this.policy.decide(limits, Date.now());
    if (decision.action === 'give-up') return decision.failures;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      start();
    }, decision.delayMs);
    return undefined;
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Forgets deaths too: an operator started it. */
  reset(): void {
    this.cancel();
    this.policy.forget();
  }
}

/**
 * Notes in a rig's state that its server died, and whether it is started again.
 *
 * @param death `failures` is what {@link RestartSchedule.plan} returned
 */
export async function noteDeath(
  record: RigRecord,
  death: { failures: number | undefined; restarts: number; lastError: string },
  log: RunnerOptions['log'],
): Promise<void> {
  const { failures, restarts, lastError } = death;
  if (failures === undefined) return record.set('backoff', { server: null, restarts, lastError });
  const why = `given up after ${failures} failures`;
  log('error', `${record.live.rig}: ${why}`);
  await record.set('failed', { server: null, restarts, lastError: `${why}. ${lastError}` });
}
