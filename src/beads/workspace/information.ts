import type { Beads } from '../beads.ts';
import { databasePath, describeWorkspace, type WorkspaceContext } from './describe.ts';
import type { Location } from './locate.ts';

/** What `bd info --json` prints. */
export interface InfoResult {
  database_path: string;
  mode: 'embedded' | 'server';
  issue_count: number;
  issue_prefix: string;
  actor: string;
  dolt_version: string;
}

/** What `bd where --json` prints. */
export interface WhereResult {
  /** The `.beads` directory. */
  path: string;
  /** Directory of the database, or its address. */
  database_path: string;
  /** What led to it: directory, worktree, BEADS_DIR, flag. */
  source: string;
  redirected_from?: string;
}

/** The database, how many issues it has, and who acts. */
export async function databaseInformation(beads: Beads): Promise<InfoResult> {
  const [row] = await beads.db.query(
    "SELECT (SELECT COUNT(*) FROM issues) AS n, (SELECT value FROM config WHERE `key` = 'issue_prefix') AS prefix, DOLT_VERSION() AS version",
  );
  return {
    database_path: databasePath(beads.location),
    mode: beads.db.mode,
    issue_count: Number(row?.['n'] ?? 0),
    issue_prefix: String(row?.['prefix'] ?? ''),
    actor: beads.actor,
    dolt_version: String(row?.['version'] ?? ''),
  };
}

/** Which `.beads` directory and database are used. */
export function whereIs(location: Location): WhereResult {
  const { redirectedFrom } = location;
  return {
    path: location.beadsDir ?? '',
    database_path: databasePath(location),
    source: location.source,
    ...(redirectedFrom === undefined ? {} : { redirected_from: redirectedFrom }),
  };
}

/** {@link whereIs} for an open database. */
export function whereOpened(beads: Beads): WhereResult {
  return whereIs(beads.location);
}

/** Asks the database for nothing; `query_ms` is how long the answer took. */
export async function pingDatabase(beads: Beads): Promise<{ status: 'ok'; query_ms: number }> {
  const started = performance.now();
  await beads.db.query('SELECT 1 AS one');
  return { status: 'ok', query_ms: Math.round(performance.now() - started) };
}

/** What the workspace of an open database is: repository, database, server. */
export async function workspaceOf({ location }: Beads): Promise<Omit<WorkspaceContext, 'bd_version'>> {
  const { bd_version: _, ...context } = await describeWorkspace(location, location.root ?? '/', '');
  return context;
}
