import { missingDirectory } from '../../database/remote-url.ts';
import { sqlErrno } from '../../database/sql-error.ts';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { readPeerState } from '../federation/peer-state.ts';
import { readDirtyTables } from '../history/commit.ts';
import { shortHash } from '../history/revision.ts';
import { readStatus } from '../history/status.ts';
import { readSchemaState } from '../schema/level.ts';
import { commitsBetween, knownRemoteHead, localHead, requireSameProject } from './remote-head.ts';
import { type RemoteLimits, withRemote } from './remote-session.ts';
import { chooseRemote, type DoltRemote } from './remotes.ts';

export interface PushOptions extends RemoteLimits {
  /** Name of the remote; default `origin`, or the only one. */
  remote?: string | undefined;
  /** Replace what the remote has, also where that loses its commits. */
  force?: boolean | undefined;
}

/** What a push did. */
export interface PushResult {
  remote: string;
  url: string;
  branch: string;
  /** The commit that the remote is at now, as it says itself. */
  head: string;
  /** Where it was before; absent when it had no such branch. */
  before?: string;
  /** Commits that went there. */
  commits: number;
  /** Issues with changes that are not committed, and so were not pushed. */
  uncommitted: string[];
}

/**
 * Pushes the history of the current branch to a remote, and asks the remote after where it is.
 * Changes that are not committed stay here.
 *
 * @throws AppError CONFLICT when the remote has commits that are not here, IDENTITY_MISMATCH,
 *   REMOTE_UNREACHABLE, REMOTE_TIMEOUT, ACCESS_DENIED, NOT_FOUND, READ_ONLY
 * @example await pushHistory(beads, { remote: 'origin' });
 */
export async function pushHistory(beads: Beads, options: PushOptions = {}): Promise<PushResult> {
  if (beads.readonly) throw new AppError('READ_ONLY', "operation 'dolt push' is not allowed in read-only mode");
  const remote = await chooseRemote(beads, options.remote);
  const { branch, head } = await localHead(beads.db);
  const uncommitted = await uncommittedIssues(beads);
  await refuseLostDirectory(beads, remote, branch);
  const own = (await readSchemaState(beads.db)).projectId;
  return withRemote(beads, remote, branch, options, async (session) => {
    const before = await session.fetch();
    if (before !== undefined) {
      await session.inspect(async (db) => {
        await requireSameProject(db, remote.name, before, own);
        if (!options.force) await requireAhead(db, remote, before, head);
      });
    }
    await session.push(options.force ?? false);
    const after = await session.fetch();
    const arrived =
      after !== undefined && (after === head || (await session.inspect((db) => contains(db, after, head))));
    if (!arrived) throw notMoved(remote, head, after);
    const commits = before === head ? 0 : await session.inspect((db) => commitsBetween(db, before, head));
    const { name, url } = remote;
    return { remote: name, url, branch, head: after, ...(before ? { before } : {}), commits, uncommitted };
  });
}

async function uncommittedIssues(beads: Beads): Promise<string[]> {
  if ((await readDirtyTables(beads.db)).length === 0) return [];
  return (await readStatus(beads)).issues.map(({ id }) => id);
}

/** A directory that was there when it was last asked, and is not now: a disk that is not mounted. */
async function refuseLostDirectory({ db }: Beads, remote: DoltRemote, branch: string): Promise<void> {
  const missing = missingDirectory(remote.url);
  if (missing === undefined || (await knownRemoteHead(db, remote.name, branch)) === undefined) return;
  throw new AppError('REMOTE_UNREACHABLE', `cannot push to ${remote.url}: there is no directory ${missing}`, {
    hint: 'it was there before: is its disk mounted?',
  });
}

async function contains(db: Database, later: string, earlier: string): Promise<boolean> {
  const [row] = await db.query('SELECT DOLT_MERGE_BASE(?, ?) AS base', [later, earlier]);
  return row?.['base'] === earlier;
}

async function requireAhead(db: Database, remote: DoltRemote, theirs: string, ours: string): Promise<void> {
  const base = await db
    .query('SELECT DOLT_MERGE_BASE(?, ?) AS base', [ours, theirs])
    .then(([row]) => row?.['base'])
    .catch((error: unknown) => {
      // Dolt has no base for histories that share nothing.
      if (sqlErrno(error) === undefined) throw error;
    });
  if (base === theirs) return;
  if (base === undefined && (await readPeerState(db, theirs)).unused) throw onlyFirstCommit(remote);
  const count = base === undefined ? undefined : await commitsBetween(db, ours, theirs);
  const what = count === undefined ? 'another history' : `${count} commit${count === 1 ? '' : 's'} that are not here`;
  throw new AppError('CONFLICT', `the remote "${remote.name}" has ${what}; nothing was pushed`, {
    hint: 'bd dolt pull   takes them over; then push again',
  });
}

function onlyFirstCommit(remote: DoltRemote): AppError {
  return new AppError('CONFLICT', `the remote "${remote.name}" has a first commit of its own, and nothing else`, {
    hint: 'it is a new database: bd dolt push --force   puts this history in its place',
  });
}

function notMoved(remote: DoltRemote, head: string, after: string | undefined): AppError {
  const at = after === undefined ? 'has no such branch' : `is at ${shortHash(after)}`;
  return new AppError(
    'CONFLICT',
    `Dolt said that ${shortHash(head)} was pushed, but the remote "${remote.name}" ${at}`,
    { hint: 'somebody else may have pushed with --force: bd dolt pull, then push again' },
  );
}
