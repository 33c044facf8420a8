import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';

/** Where this database stands. */
export interface LocalHead {
  readonly branch: string;
  readonly head: string;
}

export async function localHead(db: Queryable): Promise<LocalHead> {
  const [row] = await db.query("SELECT ACTIVE_BRANCH() AS branch, DOLT_HASHOF('HEAD') AS head");
  return { branch: String(row?.['branch']), head: String(row?.['head']) };
}

/** The commit that a branch of a remote was at when it was last asked. */
export async function knownRemoteHead(db: Queryable, remote: string, branch: string): Promise<string | undefined> {
  const [row] = await db.query('SELECT hash FROM dolt_remote_branches WHERE name = ?', [`remotes/${remote}/${branch}`]);
  return row && String(row['hash']);
}

/** How many commits `to` has that `from` lacks. */
export async function commitsBetween(db: Queryable, from: string | undefined, to: string): Promise<number> {
  const [row] = await db.query('SELECT COUNT(*) AS n FROM DOLT_LOG(?)', [from === undefined ? to : `${from}..${to}`]);
  return Number(row?.['n'] ?? 0);
}

/**
 * Refuses what a remote holds when it is another project's: nothing of it may come in, and nothing
 * of ours may replace it.
 *
 * @param db has the commit
 * @param head the commit
 * @param projectId our project
 * @throws AppError IDENTITY_MISMATCH
 */
export async function requireSameProject(
  db: Queryable,
  remote: string,
  head: string,
  projectId: string | undefined,
): Promise<void> {
  if (projectId === undefined) return;
  const [row] = await db
    .query("SELECT value FROM metadata AS OF ? WHERE `key` = '_project_id'", [head])
    .catch(() => [undefined]);
  const theirs = row?.['value'];
  if (theirs === undefined || theirs === projectId) return;
  throw new AppError(
    'IDENTITY_MISMATCH',
    `PROJECT IDENTITY MISMATCH: the remote "${remote}" holds project ${theirs}, and this is ${projectId}; nothing was changed`,
    { hint: 'check the address: bd dolt remote list' },
  );
}
