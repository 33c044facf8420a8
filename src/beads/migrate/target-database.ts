import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../database/types.ts';
import { lockDirectory, serverOptions } from '../workspace/connect.ts';
import type { EmbeddedTarget, ServerTarget, Target } from '../workspace/endpoint.ts';
import { doltHome } from '../workspace/user-cache.ts';
import { createRecycledDatabase, type RecycledDatabase } from './recycled-database.ts';

export interface TargetOptions {
  target: Target;
  env: NodeJS.ProcessEnv;
  purpose: string;
  findDolt: () => Promise<string>;
}

/** A `dolt sql` child is ended after so many rows: its memory grows with each. */
const RECYCLED_ROWS = 20_000;
/** Where Go collects garbage more often: nothing more is needed for so many rows, and it would take twice that. */
const CHILD_MEMORY = '120MiB';

/** Whether the database is there: its directory, or its name on the server. */
export async function databaseExists({ target }: TargetOptions): Promise<boolean> {
  if (target.mode === 'embedded') return existsSync(join(target.dataDir, target.database, '.dolt'));
  const { openServerConnection } = await import('../../database/server-connection.ts');
  const connection = await openServerConnection({ ...serverOptions(target), database: 'information_schema' });
  try {
    const { rows } = await connection.run('SHOW DATABASES');
    return rows.some((row) => String(row['Database']).toLowerCase() === target.database.toLowerCase());
  } finally {
    await connection.close();
  }
}

/** Opens a database that is there. */
export async function openTargetDatabase(options: TargetOptions): Promise<Database> {
  const { target } = options;
  return target.mode === 'server' ? openOnServer(target) : openEmbeddedAt(options, target);
}

/** The database for long readings. */
export function recycledTarget(options: TargetOptions): RecycledDatabase {
  const everyRows = options.target.mode === 'server' ? Number.POSITIVE_INFINITY : RECYCLED_ROWS;
  return createRecycledDatabase(() => openTargetDatabase(options), everyRows);
}

/**
 * Opens an embedded database.
 *
 * @param directory where it is while it is made; default its own place
 */
export async function openEmbeddedAt(
  options: TargetOptions,
  target: EmbeddedTarget,
  directory = join(target.dataDir, target.database),
): Promise<Database> {
  const { openEmbedded } = await import('../../database/embedded.ts');
  return openEmbedded({ ...(await embeddedStart(options, target)), directory });
}

/** What every opening of an embedded database needs. */
export async function embeddedStart(options: TargetOptions, target: EmbeddedTarget) {
  return {
    doltBin: await options.findDolt(),
    doltHome: doltHome(options.env),
    env: { GOGC: '100', GOMEMLIMIT: CHILD_MEMORY, ...options.env },
    database: target.database,
    purpose: options.purpose,
    lockDirectory: lockDirectory(target),
  };
}

async function openOnServer(target: ServerTarget): Promise<Database> {
  const { connectServer } = await import('../../database/server.ts');
  return connectServer(serverOptions(target));
}
