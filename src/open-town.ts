import { homedir } from 'node:os';
import { packageRoot, packageVersion } from './package-info.ts';
import { Town } from './supervisor/town.ts';
import { resolveDataDir } from './town/data-dir.ts';

export interface OpenTownOptions {
  /** The town's data directory; default GT_DOLT_DATA_DIR, then `~/.dolt-data`. */
  dataDir?: string;
}

/**
 * Opens a town: the servers of one data directory. Nothing is started, and nothing is to be closed.
 *
 * @example
 * const town = openTown();
 * const { rigs } = await town.status();
 */
export function openTown(options: OpenTownOptions = {}): Town {
  const root = packageRoot(import.meta.dirname);
  const dataDir = resolveDataDir({ flag: options.dataDir, env: process.env, cwd: process.cwd() });
  return new Town({ dataDir, packageRoot: root, version: packageVersion(root), env: process.env, home: homedir() });
}
