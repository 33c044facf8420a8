import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RestartPolicy } from '../../../src/supervisor/restart-policy.ts';

const limits = { firstDelayMs: 200, maxDelayMs: 30_000, maxFailures: 10, windowMs: 600_000 };

describe('the restart policy', () => {
  test('restarts at once, then doubles the delay, then gives up', () => {
    const policy = new RestartPolicy();
    const decisions = Array.from({ length: 10 }, (_, index) => policy.decide(limits, index * 1_000));
    expect(decisions.slice(0, 9).map((one) => one.action === 'restart' && one.delayMs)).toEqual([
      ...[0, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600],
    ]);
    expect(decisions[9]).toEqual({ action: 'give-up', failures: 10 });
  });

  test('forgets deaths that are older than the window, and all when told to', () => {
    const policy = new RestartPolicy();
    for (let death = 0; death < 9; death += 1) policy.decide(limits, death);
    expect(policy.decide(limits, 600_009)).toEqual({ action: 'restart', delayMs: 0 });
    policy.decide(limits, 600_010);
    policy.forget();
    expect(policy.decide(limits, 600_011)).toEqual({ action: 'restart', delayMs: 0 });
  });

  test('never waits longer than the longest delay, and gives up at the limit exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60_000 }), (maxFailures, maxDelayMs) => {
        const policy = new RestartPolicy();
        const own = { ...limits, maxFailures, maxDelayMs };
        for (let death = 1; death < maxFailures; death += 1) {
          const decision = policy.decide(own, death);
          if (decision.action !== 'restart' || decision.delayMs > maxDelayMs) return false;
        }
        return policy.decide(own, maxFailures).action === 'give-up';
      }),
    );
  });
});
