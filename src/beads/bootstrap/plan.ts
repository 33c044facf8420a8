import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shownUrl } from '../../database/remote-url.ts';
import { AppError } from '../../errors.ts';
import { wasMigratedHere } from '../workspace/backups-here.ts';
import { databasePath } from '../workspace/describe.ts';
import { legacyDatabase } from '../workspace/discover.ts';
import { findGitTree } from '../workspace/git-dir.ts';
import type { Location } from '../workspace/locate.ts';
import { isTrue } from '../workspace/setting-keys.ts';
import type { Settings } from '../workspace/settings.ts';
import { originWithIssues } from './git-origin.ts';

/** Where the issues of a project can be cloned from. */
export interface IssueSource {
  /** Address of the Dolt remote. */
  readonly url: string;
  /** What names it. */
  readonly from: 'sync.remote' | 'sync.git-remote' | 'dolt.remote' | 'git origin';
}

/** What a first clone does. */
export interface BootstrapPlan {
  /** Clone from the remote, make an empty database, or nothing: there is one. */
  readonly action: 'sync' | 'init' | 'none';
  readonly reason: string;
  readonly source: IssueSource | undefined;
  /** A file with issues that is not read unless it is asked for: `bd import`. */
  readonly jsonlFile: string | undefined;
}

/**
 * What is to be done for a workspace, in the order: a database that is there, a configured remote,
 * git's origin where it carries issues, a new database. Nothing is changed.
 *
 * @param exists whether the database is there
 * @throws AppError REMOTE_UNREACHABLE, ACCESS_DENIED when git's origin cannot be asked
 */
export async function planBootstrap(location: Location, exists: boolean): Promise<BootstrapPlan> {
  const jsonl = join(location.beadsDir ?? '', 'issues.jsonl');
  const jsonlFile = existsSync(jsonl) ? jsonl : undefined;
  const at = databasePath(location);
  if (exists) return { action: 'none', reason: `${at} is there`, source: undefined, jsonlFile };
  const source = await findSource(location);
  if (source) return { action: 'sync', reason: `${source.from} is ${shownUrl(source.url)}`, source, jsonlFile };
  const reason = 'no Dolt remote is configured (sync.remote), and git’s origin carries no issues';
  return { action: 'init', reason, source, jsonlFile };
}

async function findSource({ settings, root }: Location): Promise<IssueSource | undefined> {
  const configured = configuredSource(settings);
  if (configured) return configured;
  const tree = root === undefined ? undefined : findGitTree(root);
  if (!tree || isTrue(settings.value('no-git-ops'))) return undefined;
  const url = await originWithIssues(tree.root, settings.env);
  return url === undefined ? undefined : { url, from: 'git origin' };
}

/** The remote that the settings name. */
export function configuredSource(settings: Settings): IssueSource | undefined {
  for (const from of ['sync.remote', 'sync.git-remote', 'dolt.remote'] as const) {
    const url = settings.value(from);
    if (url) return { url, from };
  }
  return undefined;
}

/**
 * Whether a database is missing as in a fresh clone: the workspace is one that others know, and
 * nothing else is there that could be meant. A wrong name in the settings, or a server that is not
 * the one of yesterday, must not lead to an empty database.
 *
 * @throws AppError NOT_INITIALIZED when there are other databases in its place
 */
export function isFreshClone(location: Location): boolean {
  const { beadsDir, target } = location;
  if (beadsDir === undefined) return false;
  const has = (name: string) => existsSync(join(beadsDir, name));
  if (!(has('metadata.json') || has('config.yaml')) || legacyInTheWay(location, beadsDir)) return false;
  const stores = storesIn(beadsDir);
  if (target.mode === 'server') {
    // A clone of the project's remote is the project's issues, also where the server had them before.
    const mayBeMade = configuredSource(location.settings) !== undefined || !wasUsed(beadsDir);
    return mayBeMade && stores.length === 0;
  }
  const [other] = [...databasesIn(target.dataDir), ...stores];
  if (other === undefined) return true;
  throw new AppError(
    'NOT_INITIALIZED',
    `no beads database found: ${join(target.dataDir, target.database)} is not there, but ${other} is`,
    { hint: 'bd where   shows where the name comes from; bd config set dolt.database NAME   sets it' },
  );
}

/**
 * Whether git's origin carries the issues of a workspace whose database the server had before and
 * has not any more. When it cannot be asked, the missing database stays what is told.
 */
export async function isInGitOrigin(location: Location): Promise<boolean> {
  const { beadsDir, target } = location;
  if (beadsDir === undefined || target.mode !== 'server' || !wasUsed(beadsDir)) return false;
  if (legacyInTheWay(location, beadsDir) || storesIn(beadsDir).length > 0) return false;
  const source = await findSource(location).catch((error: unknown) => {
    if (error instanceof AppError) return undefined;
    throw error;
  });
  return source !== undefined;
}

/**
 * Refuses to make a database beside another one that holds the issues, also for who asks for it.
 *
 * @throws AppError ALREADY_EXISTS for an SQLite file, or an embedded database where a server is configured;
 *   NOT_INITIALIZED for embedded databases of other names
 */
export function requireNothingElse(location: Location): void {
  const { beadsDir, target } = location;
  if (beadsDir === undefined) return;
  const legacy = legacyInTheWay(location, beadsDir);
  if (legacy) {
    throw new AppError('ALREADY_EXISTS', `${join(beadsDir, legacy)} holds issues in SQLite; nothing was made`, {
      hint: 'bd migrate --to-dolt   takes them over',
    });
  }
  const [other] = storesIn(beadsDir);
  if (target.mode === 'server' && other !== undefined) {
    throw new AppError('ALREADY_EXISTS', `the issues are in ${other}; nothing was made on the server`, {
      hint: 'bd dolt move --to server   copies them there',
    });
  }
  if (target.mode === 'embedded') isFreshClone(location);
}

/**
 * A SQLite file that may hold the issues. One that was taken over to Dolt here does not stand in the
 * way of a remote that has them.
 */
function legacyInTheWay({ settings }: Location, beadsDir: string): string | undefined {
  return configuredSource(settings) && wasMigratedHere(beadsDir) ? undefined : legacyDatabase(beadsDir);
}

/** Whether the database of a clone was used before: files outside of git tell. */
export function wasUsed(beadsDir: string): boolean {
  return ['dolt-server.port', 'last-touched', 'interactions.jsonl'].some((name) => existsSync(join(beadsDir, name)));
}

/** Embedded databases of a workspace. */
function storesIn(beadsDir: string): string[] {
  return [join(beadsDir, 'dolt'), join(beadsDir, 'embeddeddolt')].flatMap(databasesIn);
}

/** Directories of Dolt databases; an unfinished one begins with a dot. */
function databasesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  if (existsSync(join(directory, '.dolt'))) return [directory];
  const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return names.map((name) => join(directory, name)).filter((path) => existsSync(join(path, '.dolt')));
}
