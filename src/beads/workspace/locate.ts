import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { discoverBeads, isWorkspace } from './discover.ts';
import { type FindRig, resolveTarget, type Target } from './endpoint.ts';
import { loadSettings, type Settings } from './settings.ts';
import { townRigFinder } from './town-rig.ts';

/** Where a directory's beads are, before anything is opened. */
export interface Location {
  /** The `.beads` directory; undefined for a database that was named without one. */
  readonly beadsDir: string | undefined;
  /** Directory that holds `.beads`. */
  readonly root: string | undefined;
  /** What led to `.beads`. */
  readonly source: 'BEADS_DIR' | 'directory' | 'worktree' | 'flag';
  /** The `.beads` whose `redirect` led there. */
  readonly redirectedFrom: string | undefined;
  readonly settings: Settings;
  readonly target: Target;
}

export interface LocateOptions {
  /** Directory to start from. */
  dir: string;
  env: NodeJS.ProcessEnv;
  /**
   * In place of what is found: a `.beads` directory, the directory of an embedded database, or the
   * name of a database where the workspace has its own. Default BEADS_DB, BD_DB.
   */
  db?: string | undefined;
  /** Default: asks the user's town. */
  findRig?: FindRig | undefined;
}

/**
 * Finds `.beads` and what it leads to. Nothing is opened and nothing is written.
 *
 * @throws AppError NOT_INITIALIZED, CONFIG_INVALID, VALIDATION, IO_ERROR
 */
export async function locateBeads(options: LocateOptions): Promise<Location> {
  const dir = resolve(options.dir);
  const { env } = options;
  const named = readDb(options.db || env['BEADS_DB'] || env['BD_DB'], dir);
  const found = named?.beadsDir
    ? { beadsDir: named.beadsDir, root: dirname(named.beadsDir), source: 'flag' as const, redirectedFrom: undefined }
    : discoverBeads({ dir, env });
  if (!found && !named?.directory) throw notFound(dir);
  const findRig = options.findRig ?? townRigFinder(env, dir);
  const settings = await loadSettings({ beadsDir: found?.beadsDir, env, redirectedFrom: found?.redirectedFrom });
  const target: Target = named?.directory
    ? { mode: 'embedded', database: basename(named.directory), dataDir: dirname(named.directory) }
    : await resolveTarget({ settings, beadsDir: found?.beadsDir, database: named?.name, findRig });
  return {
    beadsDir: found?.beadsDir,
    root: found?.root,
    source: found?.source ?? 'flag',
    redirectedFrom: found?.redirectedFrom,
    settings,
    target,
  };
}

interface NamedDatabase {
  /** A `.beads` directory. */
  beadsDir?: string;
  /** The directory of an embedded database. */
  directory?: string;
  name?: string;
}

function readDb(db: string | undefined, dir: string): NamedDatabase | undefined {
  if (!db) return undefined;
  const path = resolve(dir, db);
  if (existsSync(join(path, '.dolt'))) {
    const beadsDir = dirname(dirname(path));
    return isWorkspace(beadsDir) ? { directory: path, beadsDir } : { directory: path };
  }
  if (isWorkspace(path)) return { beadsDir: path };
  if (isWorkspace(join(path, '.beads'))) return { beadsDir: join(path, '.beads') };
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(db)) return { name: db };
  const hint = db.endsWith('.db')
    ? 'bd migrate --to-dolt   takes a SQLite file over'
    : 'give a .beads directory, the directory of a Dolt database, or a name';
  throw new AppError('NOT_INITIALIZED', `no beads database found at ${path}`, { hint });
}

function notFound(dir: string): AppError {
  return new AppError('NOT_INITIALIZED', `no beads database found in ${dir} or above it`, {
    hint: 'bd init   makes one here; or set BEADS_DIR to the .beads directory of another project',
  });
}
