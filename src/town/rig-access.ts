import { readdirSync, readFileSync } from 'node:fs';
import { isLoopback, localAddress } from './address.ts';
import { resolveDataDir, townPaths } from './data-dir.ts';
import { readSecret } from './secrets.ts';

/** What a client of this user needs to log in to a server of the own town. */
export interface RigAccess {
  readonly rig: string;
  /** Directory of its databases. */
  readonly dataDir: string | undefined;
  /** Of root@localhost. */
  readonly password: string | undefined;
  /** How its certificate is verified; undefined for a server without TLS. */
  readonly tls: { readonly ca: string | undefined; readonly name: string } | undefined;
}

/**
 * Looks which running rig of this user's town answers at an address of this machine. Only what the
 * supervisor recorded is read: no process, no server is asked.
 *
 * @returns undefined when it is none of them
 * @example rigAccessAt(process.env, { host: '127.0.0.1', port: 3306 })?.password
 */
export function rigAccessAt(env: NodeJS.ProcessEnv, at: { host: string; port: number }): RigAccess | undefined {
  const paths = townPaths(resolveDataDir({ env, cwd: env['PWD'] ?? '/' }));
  for (const name of namesIn(paths.stateDir)) {
    const live = recorded(paths.state(name));
    if (!live?.server || live.port !== at.port || !isSame(live.host ?? '', at.host)) continue;
    const { tls } = live;
    return {
      rig: name,
      dataDir: live.server.dataDir,
      password: readSecret(paths, name),
      tls: tls ? { ca: tls.ca ? textOf(tls.ca) : undefined, name: tls.name } : undefined,
    };
  }
  return undefined;
}

interface Recorded {
  server?: { dataDir?: string } | null;
  host?: string;
  port?: number;
  tls?: { ca: string | null; name: string } | null;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
  } catch {
    return [];
  }
}

function recorded(path: string): Recorded | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isSame(listens: string, asked: string): boolean {
  return localAddress(listens) === asked || (isLoopback(localAddress(listens)) && isLoopback(asked));
}
