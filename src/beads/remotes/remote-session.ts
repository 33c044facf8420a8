import { gitEnvironment } from '../../database/remote-environment.ts';
import { isEmptyRemote, remoteError, remoteTimeout } from '../../database/remote-error.ts';
import { refuseClosedPort } from '../../database/remote-port.ts';
import { userArguments } from '../../database/remote-url.ts';
import { SqlError } from '../../database/sql-error.ts';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { runProgram } from '../../util/run-program.ts';
import type { Beads } from '../beads.ts';
import { remoteTimeoutMs } from '../bootstrap/remote-timeout.ts';
import { knownRemoteHead } from './remote-head.ts';
import type { DoltRemote } from './remotes.ts';
import { watchTime } from './watch-time.ts';

export interface RemoteLimits {
  /** How long each step with the remote may take, in ms; default the setting `dolt.remote-timeout`. */
  timeoutMs?: number | undefined;
  /** Is told once a second what is under way. */
  onProgress?: ((text: string) => void) | undefined;
}

/** The talk with one remote about one branch. */
export interface RemoteSession {
  /** Asks the remote where the branch is; undefined when it has no such branch. */
  fetch(): Promise<string | undefined>;
  /** Pushes our branch. */
  push(force: boolean): Promise<void>;
  /** Makes a fetched commit one of our database. */
  bring(commit: string): Promise<void>;
  /** Looks at a database that has our commits and those that were fetched. */
  inspect<T>(look: (db: Database) => Promise<T>): Promise<T>;
}

/** What a session is opened for. */
export interface RemoteUse {
  readonly remote: DoltRemote;
  readonly branch: string;
  /** How long each step may take, in ms. */
  readonly timeoutMs: number;
  readonly onProgress: RemoteLimits['onProgress'];
}

/**
 * Opens the talk with a remote, and closes it when `work` is done.
 *
 * @throws AppError REMOTE_UNREACHABLE, REMOTE_TIMEOUT, ACCESS_DENIED, and what `work` throws
 */
export async function withRemote<T>(
  beads: Beads,
  remote: DoltRemote,
  branch: string,
  limits: RemoteLimits,
  work: (session: RemoteSession) => Promise<T>,
): Promise<T> {
  const { settings } = beads.location;
  const timeoutMs = limits.timeoutMs ?? remoteTimeoutMs(settings);
  const use: RemoteUse = { remote, branch, timeoutMs, onProgress: limits.onProgress };
  if (beads.db.mode === 'embedded') await refuseClosedPort('reach', remote.url, settings.env);
  else await requireAnswer(remote.url, settings.env, timeoutMs);
  const { needsRelay, withRelayedRemote } = await import('./relayed-session.ts');
  if (needsRelay(beads, remote.url)) return withRelayedRemote(beads, use, work);
  const db = await beads.connectForRemotes(timeoutMs);
  try {
    return await work(directSession(beads, db, use, await connectionId(db)));
  } finally {
    await db.close();
  }
}

function directSession(beads: Beads, db: Database, use: RemoteUse, connection: number | undefined): RemoteSession {
  const { remote, branch, timeoutMs, onProgress } = use;
  const { env } = beads.location.settings;

  async function call(doing: string, procedure: string, ...parameters: readonly string[]): Promise<void> {
    const all = [...userArguments(remote.url, env), ...parameters];
    const places = all.map(() => '?').join(', ');
    const started = Date.now();
    const watch = watchTime(`${doing} ${remote.name} (${remote.url})`, onProgress);
    try {
      await db.query(`CALL ${procedure}(${places})`, all);
    } catch (error) {
      if (Date.now() - started < timeoutMs) throw explained(error, doing, remote.url, beads);
      // The server would go on waiting for the remote.
      if (connection) await beads.db.query(`KILL ${connection}`).catch(() => undefined);
      throw remoteTimeout(doing, remote.url, timeoutMs);
    } finally {
      clearInterval(watch);
    }
  }

  return {
    async fetch() {
      try {
        await call('fetch from', 'DOLT_FETCH', remote.name, branch);
      } catch (error) {
        if (!(error instanceof AppError) || !hasNoBranch(error.message)) throw error;
        return undefined;
      }
      return knownRemoteHead(db, remote.name, branch);
    },
    push: (force) => call('push to', 'DOLT_PUSH', ...(force ? ['--force'] : []), '--set-upstream', remote.name, branch),
    bring: () => Promise.resolve(),
    inspect: (look) => look(db),
  };
}

function hasNoBranch(said: string): boolean {
  return isEmptyRemote(said) || /invalid ref spec|branch not found|no branch|ref spec/i.test(said);
}

// How long a git remote may take to answer at all, in ms.
const ANSWER_MS = 20_000;

/**
 * A git that hangs keeps the statement of a server, and the server when it is to stop, whatever
 * KILL says. So git is asked from here first; only its silence counts, for the server may be let in
 * where we are not.
 */
async function requireAnswer(url: string, env: NodeJS.ProcessEnv, timeoutMs: number): Promise<void> {
  if (!/^git\+/.test(url)) return;
  const limit = Math.min(timeoutMs, ANSWER_MS);
  const address = url.replace(/^git\+/, '');
  const ended = await runProgram('git', ['ls-remote', address, 'refs/dolt/data'], {
    env: gitEnvironment(env),
    timeoutMs: limit,
  });
  if (ended.timedOut) throw remoteTimeout('reach', url, limit);
}

async function connectionId(db: Database): Promise<number | undefined> {
  if (db.mode === 'embedded') return undefined;
  const [row] = await db.query('SELECT CONNECTION_ID() AS id');
  return Number(row?.['id']);
}

function explained(error: unknown, doing: string, url: string, { db }: Beads): unknown {
  if (!(error instanceof SqlError)) return error;
  const mapped = remoteError(doing, url, error.message, error);
  if (mapped.code !== 'ACCESS_DENIED' || db.mode === 'embedded') return mapped;
  return new AppError('ACCESS_DENIED', mapped.message, {
    hint: 'a server uses the credentials of its own environment, not those of a client: start it with DOLT_REMOTE_PASSWORD set, and set DOLT_REMOTE_USER here',
    cause: error,
  });
}
