import { homedir } from 'node:os';
import { packageRoot, packageVersion } from '../package-info.ts';
import { Town } from '../supervisor/town.ts';

/** The town that a command works on. */
export function townAt(dataDir: string): Town {
  const root = packageRoot(import.meta.dirname);
  return new Town({ dataDir, packageRoot: root, version: packageVersion(root), env: process.env, home: homedir() });
}
