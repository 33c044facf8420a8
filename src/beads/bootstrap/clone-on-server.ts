import { join } from 'node:path';
import { makeDraft, removeDraft } from '../../database/create-embedded.ts';
import { copyToRemote } from '../../database/hand-over.ts';
import { isEmptyRemote, remoteError, remoteTimeout } from '../../database/remote-error.ts';
import { shownUrl } from '../../database/remote-url.ts';
import { connectServer } from '../../database/server.ts';
import { openServerConnection, type ServerConnection } from '../../database/server-connection.ts';
import { ConnectionLostError, SqlError } from '../../database/sql-error.ts';
import { sqlLiteral, sqlName } from '../../database/sql-text.ts';
import { AppError, messageOf } from '../../errors.ts';
import { serverOptions } from '../workspace/connect.ts';
import { isOnThisHost, type ServerTarget } from '../workspace/endpoint.ts';
import { doltHome } from '../workspace/user-cache.ts';
import { makeEmbedded } from './embedded-store.ts';
import { type BootstrapStore, refuseEmptyRemote, type StoreRequest, verifyStore } from './store.ts';

/** A database that is to be made on a server. */
export interface ServerMaking {
  /** Holds the lock. */
  readonly connection: ServerConnection;
  readonly target: ServerTarget;
  readonly request: StoreRequest;
  /** Whether the server has the database already, without anything in it. */
  readonly empty: boolean;
}

/**
 * Clones a remote to a server. To a server on this host by way of a directory here, where the clone
 * is verified first: a remote that hangs would stop every client of a server that clones it, and a
 * server knows no credentials but its own. docs/decisions/0052-cloning-to-a-server.md.
 *
 * @returns undefined when the remote has no data yet, and a new database may be made
 */
export async function cloneOnServer(making: ServerMaking, remote: string): Promise<BootstrapStore | undefined> {
  const { target, request } = making;
  if (isOnThisHost(target.endpoint)) {
    const doltBin = await request.findDolt().catch(() => undefined);
    if (doltBin !== undefined) return cloneByWayOfHere(making, remote, doltBin);
  }
  request.onStep(`pulling from the remote ${shownUrl(remote)} on the server`);
  if (await takeOver(making, remote, remote)) return verified(making, true);
  refuseEmptyRemote(request, remote);
  return undefined;
}

async function cloneByWayOfHere(
  making: ServerMaking,
  remote: string,
  doltBin: string,
): Promise<BootstrapStore | undefined> {
  const { target, request } = making;
  const { env, beadsDir, onStep } = request;
  const stage = await makeDraft(join(beadsDir, 'dolt'));
  try {
    const copy = join(stage, target.database);
    const here = await makeEmbedded(copy, request, remote);
    if (!here.cloned) return undefined;
    const program = { doltBin, doltHome: doltHome(env), env };
    const url = await copyToRemote(program, copy, join(stage, 'hand-over'), here.branch);
    onStep(`handing the clone over to the server: database ${target.database}`);
    await takeOver(making, url, remote);
    const made = await verified(making, false);
    if (made.head !== here.head) throw new AppError('CONFLICT', 'the server has another commit than was handed over');
    return { ...made, cloned: true };
  } finally {
    await removeDraft(stage);
  }
}

/**
 * The server takes the history of a remote.
 *
 * @param from what it reads
 * @param origin what becomes the remote of its database
 * @returns false when there is no data
 */
async function takeOver({ target, request, empty }: ServerMaking, from: string, origin: string): Promise<boolean> {
  const { timeoutMs } = request;
  const server = { ...serverOptions(target), database: 'information_schema', statementTimeoutMs: timeoutMs };
  // A connection of its own: the one that holds the lock stays when this one is given up.
  const connection = await openServerConnection(server);
  const use = `USE ${sqlName(target.database)}`;
  try {
    if (empty) {
      await connection.run(use);
      await setOrigin(connection, from);
      await connection.run("CALL DOLT_FETCH('origin')");
      // There is nothing in it that could be lost.
      await connection.run("CALL DOLT_RESET('--hard', CONCAT('origin/', ACTIVE_BRANCH()))");
    } else {
      await connection.run(`CALL DOLT_CLONE(${sqlLiteral(from)}, ${sqlLiteral(target.database)})`);
      await connection.run(use);
    }
    if (from !== origin) await setOrigin(connection, origin);
    return true;
  } catch (error) {
    if (error instanceof ConnectionLostError) throw remoteTimeout('clone', origin, timeoutMs);
    if (!(error instanceof SqlError)) throw error;
    if (from === origin && isEmptyRemote(error.message)) return false;
    throw remoteError('clone', origin, error.message, error);
  } finally {
    await connection.close();
  }
}

async function setOrigin(connection: ServerConnection, url: string): Promise<void> {
  const { rows } = await connection.run("SELECT name FROM dolt_remotes WHERE name = 'origin'");
  if (rows.length > 0) await connection.run("CALL DOLT_REMOTE('remove', 'origin')");
  await connection.run(`CALL DOLT_REMOTE('add', 'origin', ${sqlLiteral(url)})`);
}

/** A clone that turns out to be something else was made by us just now, so it is taken away again. */
async function verified(
  { connection, target, request, empty }: ServerMaking,
  cloned: boolean,
): Promise<BootstrapStore> {
  const db = await connectServer(serverOptions(target));
  try {
    return await verifyStore(db, request, cloned);
  } catch (error) {
    if (!empty) {
      request.onStep(`not what it should be, so it is dropped again: ${messageOf(error)}`);
      await connection.run(`DROP DATABASE ${sqlName(target.database)}`);
    }
    throw error;
  } finally {
    await db.close();
  }
}
