import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerOptions } from '../../database/server.ts';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { HQ_RIG } from '../../town/rig-name.ts';
import { fileError } from '../../util/atomic-write.ts';
import { backupsHere, wasMigratedHere } from './backups-here.ts';
import { legacyDatabase } from './discover.ts';
import {
  type EmbeddedTarget,
  endpointText,
  type FindRig,
  isOnThisHost,
  movedTarget,
  type RigEndpoint,
  type ServerTarget,
  type Target,
} from './endpoint.ts';
import { whenBack } from './returning-server.ts';
import type { Settings } from './settings.ts';
import { isKeptUp, townRigFinder } from './town-rig.ts';
import { doltHome, writersQueue } from './user-cache.ts';

export interface ConnectOptions {
  settings: Settings;
  env: NodeJS.ProcessEnv;
  purpose: string;
  findDolt: () => Promise<string>;
  /** Directory that relative paths of the environment start from. */
  dir: string;
  /** Default: asks the user's town. */
  findRig?: FindRig | undefined;
  /** Whether the caller is going to write. */
  write?: boolean | undefined;
  /** For statements that talk to Dolt remotes, one at a time: how long each may take, in ms. */
  remoteTimeoutMs?: number | undefined;
}

export interface Connector {
  readonly db: Database;
  /** Where the database was found in the end: a rig may have moved to another port. */
  readonly target: Target;
}

/**
 * Connects to a target. A server that does not answer, or does not know the database, at a port that
 * was recorded earlier is looked for where the town serves it now: it is the same database, and its
 * identity is checked after. One that the town's supervisor starts again is waited for.
 *
 * @throws AppError SERVER_UNREACHABLE, DATABASE_UNKNOWN, ACCESS_DENIED, NOT_INITIALIZED, DOLT_NOT_FOUND
 */
export async function connectTarget(target: Target, options: ConnectOptions): Promise<Connector> {
  if (target.mode === 'embedded') return { db: await openStore(target, options), target };
  try {
    return { db: await connectTo(target, options), target };
  } catch (error) {
    if (!(error instanceof AppError) || !['SERVER_UNREACHABLE', 'DATABASE_UNKNOWN'].includes(error.code)) throw error;
    const findRig = options.findRig ?? townRigFinder(options.env, options.dir);
    const here = isOnThisHost(target.endpoint);
    const own = here ? await findRig(target.database) : undefined;
    // A database that is no rig is on the server of the HQ rig, whose port may have moved as well.
    const hq = here && !own && error.code === 'SERVER_UNREACHABLE' ? await findRig(HQ_RIG) : undefined;
    const rig = own ?? hq;
    const moved = movedTarget(target, rig, options.settings);
    if (!rig) throw explained(error, target);
    if (!moved && rig.port !== target.endpoint.port) throw isElsewhere(explained(error, target), rig);
    const there = moved ?? target;
    const isComing = () => isKeptUp(rig.rig, options.env, options.dir);
    const db = await whenBack(() => connectTo(there, options), moved ? undefined : error, isComing).catch(
      (again: unknown) => {
        if (moved && hq) throw explained(error, target, hq.rig);
        throw again instanceof AppError ? explained(again, there, rig.rig) : again;
      },
    );
    return { db, target: there };
  }
}

async function connectTo(target: ServerTarget, options: ConnectOptions): Promise<Database> {
  const { connectServer } = await import('../../database/server.ts');
  const { remoteTimeoutMs: statementTimeoutMs } = options;
  if (statementTimeoutMs !== undefined) {
    return connectServer({ ...serverOptions(target), maxConnections: 1, statementTimeoutMs });
  }
  const maxConnections = Number(options.settings.value('dolt.max-conns') ?? 10);
  const queueDirectory = writersQueue(target, options.env);
  return connectServer({ ...serverOptions(target), maxConnections, queueDirectory });
}

/** What the server driver needs to know of a target. */
export function serverOptions(target: ServerTarget): ServerOptions {
  const { host, port, socket, user, password, tls, tlsCa, tlsName } = target.endpoint;
  return {
    host,
    port,
    user,
    database: target.database,
    tls: tls ? { ca: tlsCa, name: tlsName } : false,
    ...(socket ? { socketPath: socket } : {}),
    ...(password ? { password } : {}),
  };
}

/** Whether a server answers and lets us in, whatever databases it has. */
export async function probeServer(target: ServerTarget, rig?: string): Promise<void> {
  const { openServerConnection } = await import('../../database/server-connection.ts');
  try {
    const connection = await openServerConnection({ ...serverOptions(target), database: 'information_schema' });
    await connection.close();
  } catch (error) {
    throw error instanceof AppError ? explained(error, target, rig) : error;
  }
}

/**
 * Looks for a server that answers where a target is to be: at its port, or, when that was only
 * recorded, where the town serves it now.
 *
 * @throws AppError SERVER_UNREACHABLE, ACCESS_DENIED
 */
export async function reachableServer(
  target: ServerTarget,
  options: Pick<ConnectOptions, 'settings' | 'env' | 'dir' | 'findRig'> & { rig?: string | undefined },
): Promise<ServerTarget> {
  try {
    await probeServer(target, options.rig);
    return target;
  } catch (error) {
    const away = error instanceof AppError && error.code === 'SERVER_UNREACHABLE' && isOnThisHost(target.endpoint);
    const findRig = options.findRig ?? townRigFinder(options.env, options.dir);
    const rig = away ? ((await findRig(target.database)) ?? (await findRig(HQ_RIG))) : undefined;
    const moved = movedTarget(target, rig, options.settings);
    if (!moved) throw error;
    await probeServer(moved, rig?.rig).catch(() => {
      throw error;
    });
    return moved;
  }
}

/** The child is started before the code that talks to it is loaded: it takes longer than that. */
async function openStore(target: EmbeddedTarget, options: ConnectOptions): Promise<Database> {
  const directory = join(target.dataDir, target.database);
  if (!existsSync(join(directory, '.dolt'))) throw storeMissing(target);
  requireWritable(directory);
  const { spawnDoltSql } = await import('../../database/spawn-dolt-sql.ts');
  const start = {
    doltBin: await options.findDolt(),
    directory,
    database: target.database,
    doltHome: doltHome(options.env),
    env: options.env,
    remotes: options.remoteTimeoutMs !== undefined,
  };
  const locks = lockDirectory(target);
  const writes = options.write ?? false;
  // Behind another process a writer's child would be for nothing: without the lock it can only read.
  const child = writes && isTaken(locks) ? undefined : spawnDoltSql(start);
  const { openEmbedded } = await import('../../database/embedded.ts');
  const { purpose, remoteTimeoutMs: statementTimeoutMs } = options;
  return openEmbedded({ ...start, child, lockDirectory: locks, purpose, writes, statementTimeoutMs });
}

/** Whether somebody has drawn a ticket of a lock, living or not. */
function isTaken(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    return false;
  }
}

/** Dolt opens nothing, not even to read, in a directory that it may not write. */
function requireWritable(directory: string): void {
  try {
    accessSync(join(directory, '.dolt', 'noms'), constants.W_OK);
  } catch (error) {
    throw fileError(error, `cannot open the database ${directory}, where Dolt has to write even to read`);
  }
}

/** The lock that orders the processes which use the embedded databases of a directory. */
export function lockDirectory({ dataDir }: Pick<EmbeddedTarget, 'dataDir'>): string {
  return join(dataDir, '.lock.d');
}

/** What was done in Dolt since a migration is not in the SQLite file. */
function again(beadsDir: string): string {
  return wasMigratedHere(beadsDir) ? ', as it was before it was migrated: later changes are not in it' : '';
}

function storeMissing(target: EmbeddedTarget): AppError {
  const beadsDir = join(target.dataDir, '..');
  const legacy = legacyDatabase(beadsDir);
  const backup = backupsHere(beadsDir).at(-1);
  const hints = [
    ...(backup ? [`bd restore ${backup}   takes a backup back`] : []),
    ...(legacy ? [`bd migrate --to-dolt   takes ${join(beadsDir, legacy)} over${again(beadsDir)}`] : []),
  ];
  const hint = hints.join('; ') || 'bd where   shows where it is looked for';
  return new AppError(
    'NOT_INITIALIZED',
    `no beads database found: ${join(target.dataDir, target.database)} is not there`,
    {
      hint,
    },
  );
}

/** The port is set by somebody, so it is not left by itself for the one that the town has. */
function isElsewhere(error: AppError, { rig, port }: RigEndpoint): AppError {
  if (error.code !== 'SERVER_UNREACHABLE') return error;
  const hint = `the town's rig "${rig}" is at port ${port}: bd config set dolt.port ${port}   goes there`;
  return new AppError(error.code, error.message, { hint, cause: error.cause });
}

/**
 * The error of a connect, told for a workspace: which endpoint, and what to do.
 *
 * @param rig the town's rig of the database's name
 */
export function explained(error: AppError, target: ServerTarget, rig?: string): AppError {
  const at = endpointText(target.endpoint);
  if (error.code === 'DATABASE_UNKNOWN') {
    return new AppError('DATABASE_UNKNOWN', `database "${target.database}" not found on Dolt server at ${at}`, {
      hint: 'bd where   shows where the name comes from; gt dolt list   shows the databases of the town; bd bootstrap   makes it there, from the remote if there is one',
      cause: error,
    });
  }
  if (error.code !== 'SERVER_UNREACHABLE') return error;
  const why = error.cause instanceof Error ? error.cause.message : error.message;
  if (target.endpoint.tls && /certificate/i.test(why)) {
    return new AppError('SERVER_UNREACHABLE', `the certificate of the Dolt server at ${at} is not trusted: ${why}`, {
      hint: 'BEADS_DOLT_SERVER_TLS_CA (or dolt.tls-ca) names the PEM file of the authority that signed it: for a rig of gt, .gt/tls/ca.pem in its data dir',
      cause: error,
    });
  }
  const start = isOnThisHost(target.endpoint)
    ? `gt dolt start${rig ? ` ${rig}` : ''}   starts it; gt dolt status   shows which servers run`
    : 'check that a Dolt server runs there and may be reached from here';
  return new AppError('SERVER_UNREACHABLE', `Dolt server unreachable at ${at}: ${why}`, { hint: start, cause: error });
}
