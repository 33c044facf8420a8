import { existsSync, mkdirSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pidNamespace } from '../../util/process-identity.ts';
import type { ServerTarget } from './endpoint.ts';

function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'gastown-dolt');
}

/** A HOME for Dolt's own configuration, so that the user's is neither read nor written. */
export function doltHome(env: NodeJS.ProcessEnv): string {
  const preferred = join(cacheDirectory(env), 'dolt-home');
  if (existsSync(preferred)) return preferred;
  try {
    mkdirSync(preferred, { recursive: true, mode: 0o700 });
    return preferred;
  } catch {
    // A home that is not there or read-only, as in containers.
    const fallback = join(tmpdir(), `gastown-dolt-${userInfo().uid}`);
    mkdirSync(fallback, { recursive: true, mode: 0o700 });
    return fallback;
  }
}

/** Where the writers of this user and machine line up for a database, whichever clone they work in. */
export function writersQueue({ endpoint, database }: ServerTarget, env: NodeJS.ProcessEnv): string {
  const place = endpoint.socket ?? `${endpoint.host}:${endpoint.port}`;
  // Of a place left behind in another container, or on another machine with the same home, nobody could tell that it is.
  const among = `${hostname()} ${pidNamespace()}`;
  return join(cacheDirectory(env), 'turns', encodeURIComponent(`${among} ${place}/${database.toLowerCase()}`));
}
