/** What a server said of itself over SQL. */
export interface RigProbe {
  /** Whether something answered in the MySQL protocol. */
  readonly reachable: boolean;
  /** Whether it is the server that was spawned or found for the rig, and serves its database. */
  readonly identity: 'verified' | 'mismatch' | 'unknown';
  /** Of one query, in ms. */
  readonly latencyMs: number | null;
  /** Open connections other than the one that asked. */
  readonly connections: number | null;
  readonly version: string | null;
  readonly error: string | null;
}
