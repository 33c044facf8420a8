import { readdir, readFile, realpath } from 'node:fs/promises';
import { systemErrorCode } from '../errors.ts';
import { fileError, writeFileAtomic } from '../util/atomic-write.ts';
import { isPid } from '../util/process-identity.ts';
import type { TownPaths } from './data-dir.ts';

/** What a rig's server is doing. */
export type RigState = 'running' | 'starting' | 'stopping' | 'stopped' | 'backoff' | 'failed' | 'foreign';

/** The process of a server, as it was when it was spawned; a pid alone proves nothing. */
export interface ServerProcess {
  readonly pid: number;
  readonly startTime: string;
  /** Absolute path of the dolt program. */
  readonly executable: string;
  /** Directory of the database. */
  readonly dataDir: string;
  /** What the server answers as `@@server_uuid`, made for this start only. */
  readonly token: string;
}

/** How a client on this machine verifies a server's certificate. */
export interface RigTls {
  /** File of the authority that signed it; null for those that the system trusts. */
  readonly ca: string | null;
  /** The name that it must be for. */
  readonly name: string;
}

/** `.gt/state/<rig>.json`: the live state of one rig's server, written by the supervisor. */
export interface LiveState {
  readonly rig: string;
  readonly state: RigState;
  readonly server: ServerProcess | null;
  readonly host: string;
  readonly port: number;
  readonly remotesapiPort: number | null;
  /** How clients verify its certificate; absent or null for a server without TLS. */
  readonly tls?: RigTls | null;
  /** Version of Dolt. */
  readonly version: string | null;
  /** ISO time. */
  readonly startedAt: string | null;
  /** How often it was started again after it had died. */
  readonly restarts: number;
  readonly lastError: string | null;
}

/** Reads the live state of one rig; undefined when there is none or it is not readable as such. */
export async function readLiveState(paths: TownPaths, rig: string): Promise<LiveState | undefined> {
  let text: string;
  try {
    text = await readFile(paths.state(rig), 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, `cannot read ${paths.state(rig)}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!isLiveState(value) || value.rig !== rig) return undefined;
    return (await isOfThisTown(paths, value)) ? value : undefined;
  } catch {
    // Volatile: a file that somebody broke is as good as none. The server is found by its database.
    return undefined;
  }
}

/** The state files of a copied or moved data dir tell of servers that are not this town's. */
async function isOfThisTown(paths: TownPaths, { rig, server }: LiveState): Promise<boolean> {
  if (!server) return true;
  const [recorded, own] = await Promise.all(
    [server.dataDir, paths.rig(rig)].map((directory) => realpath(directory).catch(() => directory)),
  );
  return recorded === own;
}

/** Whether a rig in this state is one whose server shall run: a supervisor that finds it dead starts it. */
export function shallRun(state: RigState): boolean {
  return state === 'running' || state === 'starting' || state === 'backoff';
}

export async function writeLiveState(paths: TownPaths, state: LiveState): Promise<void> {
  await writeFileAtomic(paths.state(state.rig), `${JSON.stringify(state, null, 2)}\n`);
}

/** Names of all rigs with a state file. */
export async function rigsWithState(paths: TownPaths): Promise<string[]> {
  const names = await readdir(paths.stateDir).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

function isLiveState(value: unknown): value is LiveState {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<LiveState>;
  if (typeof candidate.rig !== 'string' || typeof candidate.state !== 'string' || typeof candidate.port !== 'number')
    return false;
  const server = candidate.server;
  return (
    server === null ||
    (typeof server?.pid === 'number' &&
      isPid(server.pid) &&
      typeof server.startTime === 'string' &&
      typeof server.token === 'string')
  );
}
