import type { RigOutcome, RigSnapshot } from './protocol.ts';
import { toWireError } from './wire-error.ts';

/** What a change of a rig came to. */
export interface Change {
  /** There was nothing to do. */
  readonly already?: boolean;
  /** It was ended by SIGKILL. */
  readonly forced?: boolean;
  /** Where it is not the rig's state now. */
  readonly snapshot?: RigSnapshot;
}

/**
 * Runs a change and tells what became of the rig, errors included: one rig's failure is no failure
 * of the others'.
 *
 * @param now the rig's state
 * @param closing aborted when the supervisor ends and gives up what it does
 */
export async function outcomeOf(
  change: () => Promise<Change>,
  now: () => Promise<RigSnapshot>,
  closing: AbortSignal,
): Promise<RigOutcome> {
  const begun = performance.now();
  try {
    const { already = false, forced = false, snapshot = await now() } = await change();
    return { already, forced, error: null, snapshot, tookMs: performance.now() - begun };
  } catch (error) {
    const handedOver = closing.aborted;
    const snapshot = await now();
    const told = { error: toWireError(error), snapshot, tookMs: performance.now() - begun };
    return { already: false, forced: false, ...told, ...(handedOver ? { handedOver } : {}) };
  }
}
