import { gitEnvironment } from '../../database/remote-environment.ts';
import { remoteError, remoteTimeout } from '../../database/remote-error.ts';
import { refuseClosedPort } from '../../database/remote-port.ts';
import { userArguments } from '../../database/remote-url.ts';
import { SqlError } from '../../database/sql-error.ts';
import type { Database, SqlParameter } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { formatDuration } from '../../util/duration.ts';
import { runProgram } from '../../util/run-program.ts';
import type { Beads } from '../beads.ts';
import { remoteTimeoutMs } from '../bootstrap/remote-timeout.ts';
import type { DoltRemote } from './remotes.ts';

export interface RemoteLimits {
  /** How long each step with the remote may take, in ms; default the setting `dolt.remote-timeout`. */
  timeoutMs?: number | undefined;
  /** Is told once a second what is under way. */
  onProgress?: ((text: string) => void) | undefined;
}

/** A connection for statements that talk to one remote. */
export interface RemoteSession {
  readonly db: Database;
  /**
   * Calls one of Dolt's procedures for remotes, with the user of DOLT_REMOTE_USER where the remote
   * takes one.
   *
   * @param doing `push to`, `fetch from`: for progress and errors
   * @throws AppError REMOTE_UNREACHABLE, REMOTE_TIMEOUT, ACCESS_DENIED
   */
  call(doing: string, procedure: string, ...parameters: readonly string[]): Promise<void>;
}

/** Opens a connection for a remote, and closes it when `work` is done. */
export async function withRemote<T>(
  beads: Beads,
  remote: DoltRemote,
  limits: RemoteLimits,
  work: (session: RemoteSession) => Promise<T>,
): Promise<T> {
  const { settings } = beads.location;
  const timeoutMs = limits.timeoutMs ?? remoteTimeoutMs(settings);
  if (beads.db.mode === 'embedded') await refuseClosedPort('reach', remote.url, settings.env);
  else await requireAnswer(remote.url, settings.env, timeoutMs);
  const db = await beads.connectForRemotes(timeoutMs);
  try {
    const connection = await connectionId(db);
    const call: RemoteSession['call'] = async (doing, procedure, ...parameters) => {
      const all = [...userArguments(remote.url, settings.env), ...parameters];
      const places = all.map(() => '?').join(', ');
      const started = Date.now();
      const watch = watchTime(started, `${doing} ${remote.name} (${remote.url})`, limits.onProgress);
      try {
        await db.query(`CALL ${procedure}(${places})`, all satisfies SqlParameter[]);
      } catch (error) {
        if (Date.now() - started < timeoutMs) throw explained(error, doing, remote.url, beads);
        // The server would go on waiting for the remote.
        if (connection) await beads.db.query(`KILL ${connection}`).catch(() => undefined);
        throw remoteTimeout(doing, remote.url, timeoutMs);
      } finally {
        clearInterval(watch);
      }
    };
    return await work({ db, call });
  } finally {
    await db.close();
  }
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

function watchTime(started: number, what: string, onProgress: RemoteLimits['onProgress']) {
  if (!onProgress) return undefined;
  return setInterval(() => onProgress(`${what}: ${formatDuration(Date.now() - started)}`), 1_000);
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
