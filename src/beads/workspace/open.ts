import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';

/** When a write makes a Dolt commit: at once, never, or when `bd vc commit` asks for it. */
export type AutoCommit = 'on' | 'off' | 'batch';

export interface OpenOptions {
  /** Directory to look for `.beads` from, upward. */
  dir: string;
  env: NodeJS.ProcessEnv;
  /** `--db`: a `.beads` or database directory, or the name of a database on the server. */
  db?: string | undefined;
  /** Who acts; default BEADS_ACTOR, BD_ACTOR, git's user.name, $USER. */
  actor?: string | undefined;
  autoCommit?: AutoCommit | undefined;
  /** Refuse every write. */
  readonly?: boolean | undefined;
  /** Whether the caller is going to write: then the schema must be one that we know how to write. */
  write?: boolean | undefined;
  /** Where the dolt program is; asked in embedded mode only. */
  findDolt: () => Promise<string>;
}

/** Opens the database of a directory. */
export async function openBeads(options: OpenOptions): Promise<Beads> {
  throw new AppError('NOT_INITIALIZED', `no beads database found in ${options.dir} or above it`, {
    hint: 'bd init',
  });
}
