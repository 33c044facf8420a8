import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';
import { findGitTree } from './git-dir.ts';

/** A `.beads` directory and how it was found. */
export interface FoundWorkspace {
  /** The `.beads` directory that is used; absolute. */
  readonly beadsDir: string;
  /** Directory that holds it. */
  readonly root: string;
  /** What led there. `worktree` is the main working tree of a linked one. */
  readonly source: 'BEADS_DIR' | 'directory' | 'worktree';
  /** The `.beads` directory whose `redirect` led there. Its `dolt_database` stays in force. */
  readonly redirectedFrom: string | undefined;
}

export interface DiscoverOptions {
  /** Directory to start from; absolute. */
  dir: string;
  env: NodeJS.ProcessEnv;
}

/** Directories that hold databases of a workspace: ours, and the Go `bd`'s embedded ones. */
const STORES = ['dolt', 'embeddeddolt'];

/**
 * Finds the `.beads` directory: BEADS_DIR, else upward from `dir` to the top of the git working
 * tree, else that of the main working tree when this is a linked one. A linked tree that has the
 * tracked files of `.beads` but no database of its own shares the main tree's. A `redirect` file is
 * followed once. docs/decisions/0040-finding-beads.md says why.
 *
 * @returns undefined when there is none
 * @throws AppError NOT_INITIALIZED when BEADS_DIR or a redirect names a directory that is not there
 * @example discoverBeads({ dir: '/home/ann/project/src', env: process.env })?.beadsDir
 */
export function discoverBeads(options: DiscoverOptions): FoundWorkspace | undefined {
  const named = options.env['BEADS_DIR'];
  if (named) return followRedirect(namedDir(resolve(options.dir, named)), 'BEADS_DIR');
  const tree = findGitTree(options.dir);
  const own = walkUp(options.dir, tree?.root, homeOf(options.env));
  if (tree?.mainRoot && (!own || !(hasStore(own) || isFile(join(own, 'redirect'))))) {
    const shared = join(tree.mainRoot, '.beads');
    if (isWorkspace(shared)) return followRedirect(shared, 'worktree');
  }
  return own ? followRedirect(own, 'directory') : undefined;
}

/** Whether a directory has what makes it a workspace's `.beads`. */
export function isWorkspace(beadsDir: string): boolean {
  return (
    ['metadata.json', 'config.yaml', 'redirect'].some((name) => isFile(join(beadsDir, name))) || hasStore(beadsDir)
  );
}

/** The SQLite file of an old workspace, if there is one. */
export function legacyDatabase(beadsDir: string): string | undefined {
  return entries(beadsDir).find((name) => name.endsWith('.db') && !name.includes('backup'));
}

function walkUp(from: string, top: string | undefined, home: string): string | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const candidate = join(directory, '.beads');
    // ~/.beads/config.yaml is the user's configuration: it makes no workspace of the home directory.
    if (isWorkspace(candidate) && (directory !== home || isFile(join(candidate, 'metadata.json')))) return candidate;
    if (directory === top || dirname(directory) === directory) return undefined;
  }
}

function namedDir(beadsDir: string): string {
  if (isDirectory(beadsDir)) return beadsDir;
  throw new AppError('NOT_INITIALIZED', `no beads database found: BEADS_DIR names ${beadsDir}, which is no directory`, {
    hint: 'correct or unset BEADS_DIR; bd where   shows what is used',
  });
}

function followRedirect(beadsDir: string, source: FoundWorkspace['source']): FoundWorkspace {
  const root = dirname(beadsDir);
  const target = redirectTarget(beadsDir);
  if (!target) return { beadsDir, root, source, redirectedFrom: undefined };
  const to = resolve(root, target);
  if (!isDirectory(to)) {
    throw new AppError(
      'NOT_INITIALIZED',
      `no beads database found: ${join(beadsDir, 'redirect')} names ${to}, which is no directory`,
      {
        hint: `correct or remove ${join(beadsDir, 'redirect')}`,
      },
    );
  }
  return { beadsDir: to, root: dirname(to), source, redirectedFrom: beadsDir };
}

function redirectTarget(beadsDir: string): string | undefined {
  const path = join(beadsDir, 'redirect');
  if (!isFile(path)) return undefined;
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('#'));
}

function hasStore(beadsDir: string): boolean {
  return STORES.some((name) => isDirectory(join(beadsDir, name))) || legacyDatabase(beadsDir) !== undefined;
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return resolve(env['HOME'] || homedir());
}

function isFile(path: string): boolean {
  return kindOf(path) === 'file';
}

function isDirectory(path: string): boolean {
  return kindOf(path) === 'directory';
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? 'file' : found?.isDirectory() ? 'directory' : undefined;
  } catch (error) {
    throw fileError(error, `cannot look at ${path}`);
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw fileError(error, `cannot read ${directory}`);
  }
}
