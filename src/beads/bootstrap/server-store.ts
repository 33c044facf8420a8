import { connectServer } from '../../database/server.ts';
import { openServerConnection, type ServerConnection } from '../../database/server-connection.ts';
import { sqlLiteral, sqlName } from '../../database/sql-text.ts';
import { AppError } from '../../errors.ts';
import { LOCAL_TABLES } from '../schema/local-tables.ts';
import { VERSIONED_TABLES } from '../schema/versioned-tables.ts';
import { explained, serverOptions } from '../workspace/connect.ts';
import type { ServerTarget } from '../workspace/endpoint.ts';
import { writePortFile } from '../workspace/init-files.ts';
import { makeToLast } from '../workspace/lost-files.ts';
import { cloneOnServer } from './clone-on-server.ts';
import { type BootstrapStore, type Decide, type FoundStore, fillNew, type StoreRequest, verifyStore } from './store.ts';

const LOCK_SECONDS = 900;

/** Makes a database on the server that runs: a new one, or a clone. */
export async function bootstrapOnServer(request: StoreRequest, decide: Decide): Promise<FoundStore> {
  const { target, beadsDir, onStep } = request;
  if (target.mode !== 'server') throw new Error('a database on a server was asked for in a directory');
  const connection = await connectWithoutDatabase(target);
  try {
    onStep('acquiring lock on the server, for other clones of this project');
    const lock = `beads.bootstrap.${target.database.toLowerCase()}`.slice(0, 63);
    const { rows } = await connection.run(`SELECT GET_LOCK(${sqlLiteral(lock)}, ${LOCK_SECONDS}) AS got`);
    if (rows[0]?.['got'] !== 1) {
      throw new AppError('LOCK_TIMEOUT', `another clone makes the database "${target.database}" on the server`);
    }
    const found = await lookForStore(connection, target.database);
    const plan = await decide(found === 'issues');
    if (plan.action === 'none') return { plan, made: undefined };
    const made = await make(connection, target, request, { empty: found === 'empty', remote: plan.source?.url });
    if (!target.endpoint.socket) await writePortFile(beadsDir, target.endpoint.port);
    return { plan, made };
  } finally {
    await connection.close();
  }
}

/** A connection to a server that may not have the database. */
export async function connectWithoutDatabase(target: ServerTarget): Promise<ServerConnection> {
  try {
    return await openServerConnection({ ...serverOptions(target), database: 'information_schema' });
  } catch (error) {
    throw error instanceof AppError ? explained(error, target) : error;
  }
}

/**
 * What a server has under a name. A database without tables, or with an unfinished schema of ours,
 * holds nothing: `gt` made it, or a process that was killed.
 */
export async function lookForStore(
  connection: ServerConnection,
  database: string,
): Promise<'none' | 'empty' | 'issues'> {
  const names = await connection.run('SHOW DATABASES');
  const name = names.rows.map((row) => String(row['Database'])).find((each) => same(each, database));
  if (name === undefined) return 'none';
  const tables = await connection.run(`SHOW FULL TABLES FROM ${sqlName(name)} WHERE Table_type = 'BASE TABLE'`);
  const found = tables.rows.map((row) => String(Object.values(row)[0]));
  const known = [...VERSIONED_TABLES, ...LOCAL_TABLES].map((table) => table.name);
  if (found.some((table) => !known.includes(table))) return 'issues';
  if (!found.includes('schema_migrations')) return 'empty';
  const level = await connection.run(`SELECT MAX(version) AS level FROM ${sqlName(name)}.schema_migrations`);
  return level.rows[0]?.['level'] === undefined ? 'empty' : 'issues';
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

async function make(
  connection: ServerConnection,
  target: ServerTarget,
  request: StoreRequest,
  { empty, remote }: { empty: boolean; remote: string | undefined },
): Promise<BootstrapStore> {
  const { onStep } = request;
  if (remote !== undefined) {
    const cloned = await cloneOnServer({ connection, target, request, empty }, remote);
    if (cloned) return cloned;
  }
  onStep(`initializing the Dolt database ${target.database} on the server`);
  await makeToLast(connection, target, request.env, () =>
    connection.run(`CREATE DATABASE IF NOT EXISTS ${sqlName(target.database)}`),
  );
  const db = await connectServer(serverOptions(target));
  try {
    await fillNew(db, request, remote);
    onStep('created initial Dolt commit');
    return await verifyStore(db, request, false);
  } finally {
    await db.close();
  }
}
