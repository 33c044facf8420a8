import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sqlName } from '../../database/sql-text.ts';
import { rigAccessAt } from '../../town/rig-access.ts';
import { isOnThisHost, type ServerTarget } from './endpoint.ts';

/** The part of a connection that is needed. */
interface Statements {
  run(sql: string): Promise<unknown>;
}

/**
 * Makes a database on a server in a way that lasts. After an attempt that failed for want of space,
 * Dolt makes the next database of that name on the deleted files of the first: it works until the
 * server ends, and then it is lost, and the server does not start. Dropping it makes Dolt forget them.
 * docs/decisions/0130-databases-on-deleted-files.md.
 *
 * @param make makes the database, of which nothing else has a copy yet
 * @example await makeToLast(connection, target, env, () => connection.run('CREATE DATABASE hm'));
 */
export async function makeToLast(
  connection: Statements,
  target: ServerTarget,
  env: NodeJS.ProcessEnv,
  make: () => Promise<unknown>,
): Promise<void> {
  await make();
  if (!hasLostFiles(target, env)) return;
  await connection.run(`DROP DATABASE ${sqlName(target.database)}`);
  await make();
}

/** Only of the town's servers it is known where their files are. */
function hasLostFiles({ endpoint, database }: ServerTarget, env: NodeJS.ProcessEnv): boolean {
  const dataDir = isOnThisHost(endpoint) ? rigAccessAt(env, endpoint)?.dataDir : undefined;
  if (dataDir === undefined) return false;
  const files = join(dataDir, database, '.dolt', 'noms');
  return existsSync(join(files, 'manifest')) && !existsSync(join(files, 'LOCK')) && !existsSync(join(files, JOURNAL));
}

/** Whether a database lies in the very directory that a server of the town runs in: it must not be dropped. */
export function isRigsOwn({ endpoint, database }: ServerTarget, env: NodeJS.ProcessEnv): boolean {
  const access = isOnThisHost(endpoint) ? rigAccessAt(env, endpoint) : undefined;
  return access?.rig === database && existsSync(join(access.dataDir ?? '', '.dolt'));
}

const JOURNAL = 'v'.repeat(32);
