import type { Database } from '../database/types.ts';
import type { BeadsContext } from './context.ts';
import type { Location } from './workspace/locate.ts';

/** An open beads database: what every operation takes as its context, and how to close it. */
export interface Beads extends BeadsContext {
  /** Where it was found: directory, settings, server. */
  readonly location: Location;
  /** Dolt commits are put off (`dolt.auto-commit: batch`): a signal that ends the program makes them. */
  readonly batch: boolean;
  /** Path of the dolt program, for what Dolt does beside SQL. */
  findDolt(): Promise<string>;
  /**
   * Opens the same database once more, for statements that talk to Dolt remotes.
   *
   * @param timeoutMs how long each may take, in ms
   */
  connectForRemotes(timeoutMs: number): Promise<Database>;
  /** Ends the connection or the child process. May be called twice. */
  close(): Promise<void>;
}
