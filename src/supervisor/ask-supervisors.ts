import { AppError } from '../errors.ts';
import type { SupervisorClient } from './client.ts';
import type { RigOutcome } from './protocol.ts';

export interface Asking {
  /** The rigs to change. */
  readonly rigs: readonly string[];
  /** The supervisor to ask: asked for again where the one before it ended. */
  supervise(): Promise<SupervisorClient>;
  ask(client: SupervisorClient, rigs: string[]): Promise<RigOutcome[]>;
  /** Is told of each rig, once, as soon as it is done. */
  onDone(outcome: RigOutcome): void;
  /** Parts with the supervisor, which goes on with what was asked. */
  readonly signal: AbortSignal | undefined;
}

/** More than one newer gt, or one end after the other, is somebody's doing. */
const ATTEMPTS = 3;

/**
 * Has rigs changed by the supervisor. One that ends meanwhile, because a newer gt takes over or
 * because somebody killed it, is followed by the next one, which is asked for what is not done.
 *
 * @returns the outcomes in the order of the rigs
 * @throws AppError CANCELLED after the signal, and what asking throws
 */
export async function askSupervisors({ rigs, supervise, ask, onDone, signal }: Asking): Promise<RigOutcome[]> {
  const found = new Map<string, RigOutcome>();
  for (let attempt = 1; ; attempt += 1) {
    const take = (outcome: RigOutcome) => {
      const { rig } = outcome.snapshot.live;
      if (found.has(rig) || (outcome.handedOver && attempt < ATTEMPTS)) return;
      found.set(rig, outcome);
      onDone(outcome);
    };
    const client = await supervise();
    const part = () => client.close();
    signal?.addEventListener('abort', part, { once: true });
    try {
      client.onRigDone(take);
      const left = rigs.filter((rig) => !found.has(rig));
      for (const outcome of await ask(client, left)) take(outcome);
    } catch (error) {
      // All may be done and told of when the signal comes before the answer as a whole.
      if (signal?.aborted) {
        if (found.size < rigs.length) throw interrupted();
      } else if (attempt === ATTEMPTS || !hasEnded(error)) throw error;
    } finally {
      signal?.removeEventListener('abort', part);
      client.close();
    }
    const outcomes = rigs.flatMap((rig) => found.get(rig) ?? []);
    if (outcomes.length === rigs.length) return outcomes;
  }
}

function hasEnded(error: unknown): boolean {
  return error instanceof AppError && error.code === 'SUPERVISOR_FAILED';
}

function interrupted(): AppError {
  return new AppError('CANCELLED', 'interrupted; the supervisor goes on with what was asked', {
    hint: 'gt dolt status   shows what came of it',
  });
}
