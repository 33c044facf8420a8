import { remoteError } from '../../database/remote-error.ts';
import { missingDirectory } from '../../database/remote-url.ts';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { type MergeResult, mergeRevision } from '../history/merge.ts';
import { MergeConflictError } from '../history/merge-conflict.ts';
import type { Side } from '../history/merge-rules.ts';
import { readSchemaState } from '../schema/level.ts';
import { commitsBetween, localHead, requireSameProject } from './remote-head.ts';
import { type RemoteLimits, withRemote } from './remote-session.ts';
import { chooseRemote } from './remotes.ts';

export interface PullOptions extends RemoteLimits {
  /** Name of the remote; default `origin`, or the only one. */
  remote?: string | undefined;
  /** The side that wins where both changed the same; without it such a pull is refused. */
  strategy?: Side | undefined;
}

/** What a pull did. */
export interface PullResult extends MergeResult {
  remote: string;
  url: string;
  branch: string;
  /** Commits that came from there. */
  commits: number;
}

/**
 * Fetches the current branch from a remote and merges it. All of it comes in, or nothing changes:
 * changes that are not committed, and contradictions, are told and left as they are.
 *
 * @throws MergeConflictError (CONFLICT), AppError CONFLICT, IDENTITY_MISMATCH, REMOTE_UNREACHABLE,
 *   REMOTE_TIMEOUT, ACCESS_DENIED, NOT_FOUND, READ_ONLY
 * @example await pullHistory(beads, { remote: 'origin', strategy: 'theirs' });
 */
export async function pullHistory(beads: Beads, options: PullOptions = {}): Promise<PullResult> {
  if (beads.readonly) throw new AppError('READ_ONLY', "operation 'dolt pull' is not allowed in read-only mode");
  const remote = await chooseRemote(beads, options.remote);
  const missing = missingDirectory(remote.url);
  if (missing) throw remoteError('pull from', remote.url, `there is no directory ${missing}`);
  const { branch, head } = await localHead(beads.db);
  const own = (await readSchemaState(beads.db)).projectId;
  const theirs = await withRemote(beads, remote, branch, options, async (session) => {
    const fetched = await session.fetch();
    if (fetched === undefined) {
      throw new AppError('NOT_FOUND', `the remote "${remote.name}" has no branch "${branch}" yet`, {
        hint: 'bd dolt push   sends the issues of here',
      });
    }
    await session.inspect((db) => requireSameProject(db, remote.name, fetched, own));
    if (fetched !== head) await session.bring(fetched);
    return fetched;
  });
  const merged = await merge(beads, remote.name, branch, theirs, options.strategy);
  const commits = merged.outcome === 'up-to-date' ? 0 : await commitsBetween(beads.db, head, theirs);
  return { ...merged, remote: remote.name, url: remote.url, branch, commits };
}

async function merge(beads: Beads, remote: string, branch: string, theirs: string, strategy: Side | undefined) {
  const message = `bd: merge ${remote}/${branch} into ${branch} by ${beads.actor}`;
  try {
    return await mergeRevision(beads, { revision: theirs, strategy, message });
  } catch (error) {
    if (!(error instanceof MergeConflictError)) throw error;
    throw new MergeConflictError(error.conflicts, `cannot pull from ${remote}`);
  }
}
