import { isAbsolute, join } from 'node:path';
import { PACKAGE_NAME } from '../package-info.ts';

/** What the places of a user's files follow from. */
export interface UserEnvironment {
  env: NodeJS.ProcessEnv;
  /** The user's home directory, absolute. */
  home: string;
}

/** Where our own Dolts are, and what is remembered about the others. */
export interface DoltLocations {
  /** Holds a directory for each installed version, and the lock of the installs. */
  readonly installs: string;
  /** A link to the version that is used. */
  readonly current: string;
  /** What `dolt version` said, by file. May be deleted at any time. */
  readonly knownVersions: string;
}

/**
 * The directories of our own, after the XDG Base Directory Specification (which asks that a relative
 * path in its variables is ignored).
 *
 * @example doltLocations({ env: process.env, home: homedir() }).installs
 */
export function doltLocations({ env, home }: UserEnvironment): DoltLocations {
  const data = absoluteOr(env['XDG_DATA_HOME'], join(home, '.local', 'share'));
  const cache = absoluteOr(env['XDG_CACHE_HOME'], join(home, '.cache'));
  const installs = join(data, PACKAGE_NAME, 'dolt');
  return {
    installs,
    current: join(installs, 'current'),
    knownVersions: join(cache, PACKAGE_NAME, 'dolt-versions.json'),
  };
}

function absoluteOr(path: string | undefined, otherwise: string): string {
  return path && isAbsolute(path) ? path : otherwise;
}
