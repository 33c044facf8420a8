import { shownUrl } from '../../database/remote-url.ts';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { createSchema } from '../schema/create.ts';
import { ensureLocalTables, readSchemaState, requireKnownSchema } from '../schema/level.ts';
import type { Target } from '../workspace/endpoint.ts';
import type { BootstrapPlan } from './plan.ts';

/** What the database of a first clone is to be. */
export interface StoreRequest {
  readonly target: Target;
  readonly beadsDir: string;
  readonly commitAuthor: string;
  /** Of the ids of a new database. */
  readonly prefix: string;
  /** The project that `metadata.json` names: the database must be its. */
  readonly expectedProject: string | undefined;
  /** Id for a new database where nobody named a project. */
  readonly newProject: string;
  readonly repoId: string;
  readonly cloneId: string;
  readonly env: NodeJS.ProcessEnv;
  /** How long a remote may take, in ms. */
  readonly timeoutMs: number;
  readonly findDolt: () => Promise<string>;
  readonly onStep: (text: string) => void;
  readonly onProgress: ((text: string) => void) | undefined;
}

/** A database that was made and verified. */
export interface BootstrapStore {
  readonly cloned: boolean;
  readonly projectId: string;
  readonly issues: number;
  /** The Dolt commit that it is at, and of which branch. */
  readonly head: string;
  readonly branch: string;
}

export interface FoundStore {
  readonly plan: BootstrapPlan;
  /** Undefined when it was there already. */
  readonly made: BootstrapStore | undefined;
}

/** Decides what to do, once it is known whether the database is there. */
export type Decide = (exists: boolean) => Promise<BootstrapPlan>;

/** Makes the schema in a new database. */
export async function fillNew(db: Database, request: StoreRequest, remote: string | undefined): Promise<void> {
  const { prefix, commitAuthor, repoId, cloneId, expectedProject, newProject } = request;
  await createSchema(db, { prefix, commitAuthor, repoId, cloneId, projectId: expectedProject ?? newProject });
  if (remote !== undefined) await db.query("CALL DOLT_REMOTE('add', 'origin', ?)", [remote]);
}

/**
 * Checks that a database is what the workspace means: issues of this project, at the commit that
 * the remote is at.
 *
 * @throws AppError NOT_INITIALIZED, SCHEMA_UNSUPPORTED, IDENTITY_MISMATCH
 */
export async function verifyStore(db: Database, request: StoreRequest, cloned: boolean): Promise<BootstrapStore> {
  const state = await readSchemaState(db);
  requireKnownSchema(state, { name: db.name, writable: false });
  const { expectedProject } = request;
  if (expectedProject && state.projectId && expectedProject !== state.projectId) {
    throw new AppError(
      'IDENTITY_MISMATCH',
      `PROJECT IDENTITY MISMATCH: the remote holds project ${state.projectId}, and ${request.beadsDir} belongs to ${expectedProject}`,
      { hint: 'check the address of the remote: bd config get sync.remote' },
    );
  }
  await ensureLocalTables(db, state.missingLocalTables);
  const [row] = await db.query(
    `SELECT DOLT_HASHOF('HEAD') AS head, ACTIVE_BRANCH() AS branch, (SELECT COUNT(*) FROM issues) AS issues`,
  );
  const head = String(row?.['head']);
  const branch = String(row?.['branch']);
  if (cloned) await requireRemoteHead(db, head, branch);
  const issues = Number(row?.['issues'] ?? 0);
  request.onStep(`verified: schema level ${state.level}, ${issues} issues, at commit ${head}`);
  return { cloned, projectId: state.projectId ?? request.newProject, issues, head, branch };
}

async function requireRemoteHead(db: Database, head: string, branch: string): Promise<void> {
  const rows = await db.query('SELECT hash FROM dolt_remote_branches WHERE name LIKE ?', [`remotes/%/${branch}`]);
  if (rows.some((row) => row['hash'] === head)) return;
  throw new AppError('REMOTE_UNREACHABLE', `the clone is at commit ${head}, and the remote is not`, {
    hint: 'run the command again; nothing was changed',
  });
}

/**
 * A remote that is configured but holds nothing yet. Where somebody else made the project, an empty
 * database would pass for its issues and could never be merged with them.
 */
export function refuseEmptyRemote(request: StoreRequest, url: string): void {
  if (!request.expectedProject) return;
  throw new AppError(
    'NOT_INITIALIZED',
    `the remote ${shownUrl(url)} has no issues yet, and those of project ${request.expectedProject} are elsewhere`,
    { hint: 'where they are, run: bd dolt push; then run this command again. A new, empty database: bd init' },
  );
}
