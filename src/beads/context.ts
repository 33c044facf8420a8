import type { Database } from '../database/types.ts';
import type { Recent } from './recent.ts';
import type { Writing } from './write/record.ts';

/** What every operation of the library works with: the database and who acts on it. */
export interface BeadsContext {
  readonly db: Database;
  /** Who acts: `--actor`, BEADS_ACTOR, BD_ACTOR, git's user.name, $USER. */
  readonly actor: string;
  /** E-mail that new issues get as `owner`; empty when git knows none. */
  readonly owner: string;
  /** Author of Dolt commits: `Name <email>`. */
  readonly commitAuthor: string;
  /** Whether a write makes a Dolt commit of the tables that it changed. */
  readonly autoCommit: boolean;
  /** Refuse every write. */
  readonly readonly: boolean;
  /** The `.beads` directory; undefined when opened by endpoint. */
  readonly beadsDir: string | undefined;
  /** A setting of config.yaml or the environment by its dotted key, or undefined. */
  setting(key: string): string | undefined;
  /** The time now; writes truncate it to whole seconds. */
  now(): Date;
  /** What was read a moment ago; operations of one long-lived context share it. */
  readonly recent?: Recent;
  /** The write that operations with this context take part in; see `together`. */
  readonly writing?: Writing;
}
