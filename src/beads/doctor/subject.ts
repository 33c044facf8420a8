import type { Database } from '../../database/types.ts';
import type { Check, Finding } from '../../util/diagnosis.ts';
import type { Beads } from '../beads.ts';
import type { SchemaState } from '../schema/level.ts';
import type { FindRig, Target } from '../workspace/endpoint.ts';
import type { Location } from '../workspace/locate.ts';

/** A workspace whose files are looked at. */
export interface Workspace {
  readonly location: Location;
  /** The `.beads` directory. */
  readonly beadsDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Path of the dolt program. */
  findDolt(): Promise<string>;
}

/** A workspace whose database is open. */
export interface OpenWorkspace {
  readonly location: Location;
  readonly beadsDir: string | undefined;
  readonly db: Database;
  /** Where it was found in the end. */
  readonly target: Target;
  readonly state: SchemaState;
  readonly findRig: FindRig;
  findDolt(): Promise<string>;
  refusalOf(version: string): string | undefined;
}

/** Puts one thing right, and tells what it did. */
export type Mend =
  | { readonly changes: 'files'; run(): Promise<string> }
  /** Made with the database open for writing, after a backup. */
  | { readonly changes: 'database'; run(beads: Beads): Promise<string> };

export type WorkspaceFinding = Finding<Mend>;
export type WorkspaceCheck = Check<Workspace, Mend>;
export type DatabaseCheck = Check<OpenWorkspace, Mend>;
