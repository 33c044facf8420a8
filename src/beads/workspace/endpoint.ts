import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError, messageOf } from '../../errors.ts';
import { serverPassword } from '../../town/credentials.ts';
import { type RigAccess, rigAccessAt } from '../../town/rig-access.ts';
import { HQ_RIG } from '../../town/rig-name.ts';
import { isTrue } from './setting-keys.ts';
import type { SettingSource, Settings } from './settings.ts';

/** A server as a client reaches it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Unix socket, used instead of host and port. */
  readonly socket?: string;
  readonly user: string;
  readonly password?: string;
  readonly tls: boolean;
  /** The authority that signed the server's certificate, in PEM; absent: those that the system trusts. */
  readonly tlsCa?: string | undefined;
  /** The name that the certificate must be for; absent: the host. */
  readonly tlsName?: string | undefined;
}

/** A database inside `.beads`, opened without a server. */
export interface EmbeddedTarget {
  readonly mode: 'embedded';
  readonly database: string;
  /** Directory that holds the database's directory. */
  readonly dataDir: string;
}

/** A database on a server. */
export interface ServerTarget {
  readonly mode: 'server';
  readonly database: string;
  readonly endpoint: Endpoint;
  /** What named the port: a decision of the user (flag, env, a config file) or a record that may be old. */
  readonly portFrom: PortSource;
}

export type Target = EmbeddedTarget | ServerTarget;
export type PortSource = SettingSource | 'dolt-server.port' | 'town';

/** The part of a running rig that a client needs. */
export interface RigEndpoint {
  readonly rig: string;
  readonly host: string;
  readonly port: number;
  /** Of a rig on another machine, as gt.yaml has it. */
  readonly remote?: { readonly user: string; readonly tls: boolean; readonly ca: string | undefined };
}

/** Looks for the town's running rig that serves a database of this name. */
export type FindRig = (database: string) => Promise<RigEndpoint | undefined>;

export interface ResolveTargetOptions {
  settings: Settings;
  /** The `.beads` directory; undefined for a client without one: then it is a server. */
  beadsDir: string | undefined;
  /** Name of the database, in place of the configured one. */
  database?: string | undefined;
  findRig: FindRig;
}

export const DEFAULT_PORT = 3307;
const SHARED_SERVER_PORT = 3308;
const DEFAULT_DATABASE = 'beads';

/**
 * Where the database of a workspace is: environment, `config.local.yaml`, `config.yaml`,
 * `metadata.json`, the town's running rig of that name, the town's HQ rig, 127.0.0.1:3307.
 *
 * @throws AppError CONFIG_INVALID
 */
export async function resolveTarget(options: ResolveTargetOptions): Promise<Target> {
  const { settings, beadsDir } = options;
  const database = databaseName(options.database ?? settings.value('dolt.database') ?? DEFAULT_DATABASE);
  const shared = isTrue(settings.value('dolt.shared-server'));
  if (beadsDir && !shared && (settings.value('dolt.mode') ?? 'embedded') === 'embedded') {
    return {
      mode: 'embedded',
      database,
      dataDir: embeddedDataDir(beadsDir, database, settings.value('dolt.data-dir')),
    };
  }
  const host = settings.value('dolt.host');
  const port = settings.get('dolt.port');
  const recorded = beadsDir === undefined ? undefined : recordedPort(beadsDir);
  if (port || recorded) {
    const number = port ? Number(port.value) : (recorded ?? DEFAULT_PORT);
    // Which authority signed the certificate is not recorded in `metadata.json`, but in the town's gt.yaml.
    const untold = isTrue(settings.value('dolt.tls')) && settings.value('dolt.tls-ca') === undefined;
    const remote = untold ? await options.findRig(database) : undefined;
    const at = { host: host ?? '127.0.0.1', port: number };
    const endpoint = endpointAt(remote?.host === host && remote?.port === number ? remote : at, settings);
    return { mode: 'server', database, endpoint, portFrom: port?.source ?? 'dolt-server.port' };
  }
  const here = host === undefined || isLoopback(host);
  const rig = here ? await options.findRig(database) : undefined;
  if (rig) return { mode: 'server', database, endpoint: endpointAt(rig, settings), portFrom: 'town' };
  const fallback = shared ? SHARED_SERVER_PORT : DEFAULT_PORT;
  // The server of the town's own rig, which takes databases that are no rigs, may be on another port than 3307.
  const hq = here && !shared ? await options.findRig(HQ_RIG) : undefined;
  const endpoint = endpointAt(hq ?? { host: host ?? '127.0.0.1', port: fallback }, settings);
  return { mode: 'server', database, endpoint, portFrom: 'default' };
}

/**
 * Where the town serves the database now, when a recorded port leads nowhere: `metadata.json` keeps
 * the port of the day it was written, and a rig's port may have moved since.
 *
 * @returns undefined when the port was the user's own decision, or the town knows nothing better
 */
export function movedTarget(
  target: ServerTarget,
  rig: RigEndpoint | undefined,
  settings: Settings,
): ServerTarget | undefined {
  if (target.portFrom !== 'metadata' && target.portFrom !== 'dolt-server.port') return undefined;
  if (!rig || rig.port === target.endpoint.port || !isOnThisHost(target.endpoint)) return undefined;
  return { ...target, endpoint: endpointAt(rig, settings), portFrom: 'town' };
}

/** Whether an endpoint may be one of the town's servers, which listen on loopback only. */
export function isOnThisHost(endpoint: Pick<Endpoint, 'host' | 'socket'>): boolean {
  return endpoint.socket === undefined && isLoopback(endpoint.host);
}

/** How an endpoint is shown: `127.0.0.1:3307`, or the path of a socket. */
export function endpointText(endpoint: Pick<Endpoint, 'host' | 'port' | 'socket'>): string {
  return endpoint.socket ?? `${endpoint.host}:${endpoint.port}`;
}

/** The directory of embedded databases: the Go `bd`'s where one of this name is in it, else ours. */
export function embeddedDataDir(beadsDir: string, database: string, configured: string | undefined): string {
  if (configured) return isAbsolute(configured) ? configured : resolve(beadsDir, configured);
  const theirs = join(beadsDir, 'embeddeddolt');
  return existsSync(join(theirs, database, '.dolt')) ? theirs : join(beadsDir, 'dolt');
}

/** @throws AppError VALIDATION for a name that could not be a database's directory */
export function databaseName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(name)) return name;
  throw new AppError('VALIDATION', `"${name}" cannot be the name of a database`, {
    hint: 'use letters, digits and underscores, 64 at most',
  });
}

function endpointAt(server: Pick<RigEndpoint, 'host' | 'port' | 'remote'>, settings: Settings): Endpoint {
  const socket = settings.value('dolt.socket');
  const user = settings.value('dolt.user') ?? server.remote?.user ?? 'root';
  // A server of the own town: the supervisor recorded how it is verified, and gt keeps root's password.
  const own = isLoopback(server.host) && !socket ? rigAccessAt(settings.env, server) : undefined;
  const password = serverPassword(server, settings.env) ?? (user === 'root' ? own?.password : undefined);
  return {
    host: server.host,
    port: server.port,
    ...(socket ? { socket } : {}),
    user,
    ...(password ? { password } : {}),
    ...serverTls(settings, own, server.remote),
  };
}

/** @throws AppError CONFIG_INVALID when the authority's file cannot be read */
function serverTls(
  settings: Settings,
  own: RigAccess | undefined,
  remote: RigEndpoint['remote'],
): Pick<Endpoint, 'tls' | 'tlsCa' | 'tlsName'> {
  const path = settings.value('dolt.tls-ca') ?? remote?.ca;
  if (path !== undefined) return { tls: true, tlsCa: readAuthority(path, settings.env) };
  if (own?.tls) return { tls: true, tlsCa: own.tls.ca, tlsName: own.tls.name };
  return { tls: remote?.tls || isTrue(settings.value('dolt.tls')) };
}

function readAuthority(path: string, env: NodeJS.ProcessEnv): string {
  try {
    return readFileSync(path.replace(/^~(?=\/)/, env['HOME'] || homedir()), 'utf8');
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `dolt.tls-ca: cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'it names the PEM file of the authority that signed the server’s certificate; give its absolute path',
      cause,
    });
  }
}

/** `.beads/dolt-server.port`: the Go `bd` notes there which port its own server took. */
function recordedPort(beadsDir: string): number | undefined {
  try {
    const port = Number(readFileSync(join(beadsDir, 'dolt-server.port'), 'utf8').trim());
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
