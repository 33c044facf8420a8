import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createEmbedded } from '../../database/create-embedded.ts';
import { openEmbedded } from '../../database/embedded.ts';
import { connectServer } from '../../database/server.ts';
import { openServerConnection, type ServerConnection } from '../../database/server-connection.ts';
import { sqlName } from '../../database/sql-text.ts';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { createSchema } from '../schema/create.ts';
import { explained, lockDirectory, serverOptions } from './connect.ts';
import { type EmbeddedTarget, endpointText, type ServerTarget, type Target } from './endpoint.ts';
import { makeToLast } from './lost-files.ts';
import { doltHome } from './user-cache.ts';

export interface MakeStoreOptions {
  target: Target;
  prefix: string;
  projectId: string;
  commitAuthor: string;
  repoId: string;
  cloneId: string;
  /** Whether a database of that name that is there already is meant. */
  join: boolean;
  /** Remote to clone, if it has data, or to add, if it has none. */
  remote: string | undefined;
  /** How long that may take, in ms; default 5 minutes. */
  timeoutMs?: number | undefined;
  /** Directory in which a clone for a server is prepared. */
  beadsDir?: string | undefined;
  env: NodeJS.ProcessEnv;
  purpose: string;
  findDolt: () => Promise<string>;
}

export interface MadeStore {
  /** Whether the schema was made now; false for a database that had it, also for a clone. */
  readonly created: boolean;
  readonly prefix: string;
  readonly projectId: string;
}

/**
 * Makes sure that a target has a database with the schema. What is there is kept, completed where
 * an earlier run did not finish, and never emptied.
 *
 * @throws AppError ALREADY_EXISTS when a database of that name is somebody else's
 */
export function makeStore(options: MakeStoreOptions): Promise<MadeStore> {
  const { target } = options;
  return target.mode === 'server' ? makeOnServer(target, options) : makeEmbedded(target, options);
}

async function makeOnServer(target: ServerTarget, options: MakeStoreOptions): Promise<MadeStore> {
  await makeDatabase(target, options);
  const db = await connectServer(serverOptions(target));
  try {
    if (!options.join) await refuseForeignTables(db, target);
    const made = await fill(db, options);
    if (!made.created && made.projectId !== options.projectId && !options.join) throw foreign(target, made.projectId);
    return made;
  } finally {
    await db.close();
  }
}

/** Creates the database where the server has none of that name, as a clone where a remote has data. */
async function makeDatabase(target: ServerTarget, options: MakeStoreOptions): Promise<void> {
  const server = { ...serverOptions(target), database: 'information_schema' };
  const connection = await openServerConnection(server).catch((error: unknown) => {
    throw error instanceof AppError ? explained(error, target) : error;
  });
  try {
    const { rows } = await connection.run('SHOW DATABASES');
    const names = rows.map((row) => String(row['Database']).toLowerCase());
    const exists = names.includes(target.database.toLowerCase());
    if (options.remote && (await cloneRemote(connection, target, options, options.remote, exists))) return;
    if (exists) return;
    await makeToLast(connection, target, options.env, () =>
      connection.run(`CREATE DATABASE IF NOT EXISTS ${sqlName(target.database)}`),
    );
  } finally {
    await connection.close();
  }
}

const CLONE_MS = 300_000;

/** @returns false when the remote has no data yet, and where there is anything in the database */
async function cloneRemote(
  connection: ServerConnection,
  target: ServerTarget,
  options: MakeStoreOptions,
  remote: string,
  exists: boolean,
): Promise<boolean> {
  const { lookForStore } = await import('../bootstrap/server-store.ts');
  if (exists && (await lookForStore(connection, target.database)) !== 'empty') return false;
  const { cloneOnServer } = await import('../bootstrap/clone-on-server.ts');
  const request = {
    ...options,
    target,
    beadsDir: options.beadsDir ?? '.',
    expectedProject: undefined,
    newProject: options.projectId,
    timeoutMs: options.timeoutMs ?? CLONE_MS,
    onStep: () => undefined,
    onProgress: undefined,
  };
  return (await cloneOnServer({ connection, target, request, empty: exists }, remote)) !== undefined;
}

async function makeEmbedded(target: EmbeddedTarget, options: MakeStoreOptions): Promise<MadeStore> {
  const start = {
    doltBin: await options.findDolt(),
    doltHome: doltHome(options.env),
    env: options.env,
    database: target.database,
    purpose: options.purpose,
  };
  const fillAt = async (directory: string) => {
    const db = await openEmbedded({
      ...start,
      directory,
      lockDirectory: lockDirectory({ dataDir: dirname(directory) }),
    });
    try {
      return await fill(db, options);
    } finally {
      await db.close();
    }
  };
  const directory = join(target.dataDir, target.database);
  if (existsSync(join(directory, '.dolt'))) return fillAt(directory);
  const author = readAuthor(options.commitAuthor);
  const { remote, timeoutMs = CLONE_MS } = options;
  return createEmbedded({ ...start, directory, author, remote, timeoutMs }, fillAt);
}

async function fill(db: Database, options: MakeStoreOptions): Promise<MadeStore> {
  const { prefix, projectId, commitAuthor, repoId, cloneId } = options;
  const made = await createSchema(db, { prefix, projectId, commitAuthor, repoId, cloneId });
  const [row] = await db.query("SELECT value FROM config WHERE `key` = 'issue_prefix'");
  if (made.created && options.remote) await addRemote(db, options.remote);
  return {
    created: made.created,
    prefix: String(row?.['value'] ?? prefix).replace(/-$/, ''),
    projectId: made.projectId ?? projectId,
  };
}

async function addRemote(db: Database, url: string): Promise<void> {
  const [known] = await db.query("SELECT name FROM dolt_remotes WHERE name = 'origin'");
  if (!known) await db.query("CALL DOLT_REMOTE('add', 'origin', ?)", [url]);
}

/** Somebody's tables that are no beads: nobody asked to put ours among them. */
async function refuseForeignTables(db: Database, target: ServerTarget): Promise<void> {
  const tables = (await db.query('SHOW TABLES')).map((row) => String(Object.values(row)[0]));
  if (tables.length > 0 && !tables.includes('schema_migrations')) throw foreign(target, undefined);
}

function foreign(target: ServerTarget, projectId: string | undefined): AppError {
  const at = endpointText(target.endpoint);
  const whose = projectId ? `belongs to project ${projectId}` : 'holds other tables';
  return new AppError('ALREADY_EXISTS', `the database "${target.database}" at ${at} ${whose}; it is left as it is`, {
    hint: `choose another name: bd init --server --database NAME; or, to use this one from here too: --database ${target.database}`,
  });
}

/** The parts of `Name <email>`. */
export function readAuthor(author: string): { name: string; email: string } {
  const match = /^(.*) <(.*)>$/.exec(author);
  return { name: match?.[1] ?? author, email: match?.[2] ?? 'beads@local' };
}
