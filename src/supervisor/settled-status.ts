import { setTimeout as delay } from 'node:timers/promises';
import type { TownStatus } from './town-status.ts';

/** A server needs a tenth of a second to come up; of one that hangs its user shall hear (docs/decisions/0146-servers-that-come-back.md). */
const BOUND_MS = 10_000;
const POLL_MS = 50;

/**
 * The status of rigs, once none of them is just being brought up: after a crash too, a server is back
 * in no time, and whoever works on it need not be turned away. After a while it is told as it is.
 *
 * @param look asks for the status
 * @param onWait told once what is waited for, and why
 * @example const { rigs } = await settledStatus(() => town.status(['beads']));
 */
export async function settledStatus(
  look: () => Promise<TownStatus>,
  onWait: (text: string) => void = () => undefined,
): Promise<TownStatus> {
  const deadline = performance.now() + BOUND_MS;
  for (let told = false; ; ) {
    const status = await look();
    const awaited = status.rigs.find(({ state }) => state === 'starting' || state === 'backoff');
    if (!awaited || performance.now() >= deadline) return status;
    if (!told) onWait(`waiting for the server of rig "${awaited.rig}", which is being started`);
    told = true;
    await delay(POLL_MS);
  }
}
