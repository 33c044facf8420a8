import type { BeadsContext } from './context.ts';

/** An open beads database: what every operation takes as its context, and how to close it. */
export interface Beads extends BeadsContext {
  /** Ends the connection or the child process. May be called twice. */
  close(): Promise<void>;
}
