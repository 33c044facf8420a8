import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { totalmem } from 'node:os';
import { remoteEnvironment } from './remote-environment.ts';

export interface SpawnDoltSqlOptions {
  /** The `dolt` program. */
  doltBin: string;
  /** The database's directory, the one that holds `.dolt`, or the one above it. */
  directory: string;
  /** Name of the database, as in `USE name`; empty for none. Looked at when a child is started. */
  database: string;
  /** HOME of Dolt's own configuration, so that the user's is neither read nor written. */
  doltHome: string;
  /** Environment to start from; HOME and Dolt's switches are replaced. */
  env: NodeJS.ProcessEnv;
  /** Keep what git and ssh need for remotes: the user's HOME, and limits of their own. */
  remotes?: boolean | undefined;
  /** It gets the signals that we get: for one that may wait long for others, and loses nothing. */
  sameGroup?: boolean | undefined;
}

/** Of the memory that the machine, or a container, has: of small ones Dolt gets a quarter. */
const MEMORY = { most: 512 * 1024 * 1024, share: 4 };

/**
 * For Go's runtime: by default it collects garbage four times before a fresh Dolt answers, a fifth
 * of that time. The limit (soft) keeps long work small.
 */
function seldomCollected(): NodeJS.ProcessEnv {
  const available = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return { GOGC: '800', GOMEMLIMIT: String(Math.floor(Math.min(MEMORY.most, available / MEMORY.share))) };
}

/** A `dolt sql` that was started, and what became of it while nobody looked. */
export interface DoltSqlChild {
  readonly process: ChildProcessWithoutNullStreams;
  /** Why it could not be started, once that is known. */
  readonly failure: Error | undefined;
  /** Settles when it has ended and everything it printed was read, or when it could not be started. */
  readonly ended: Promise<void>;
}

/**
 * Starts `dolt sql` on a database. This module loads next to nothing else, so a command can start the child
 * first and hand it to `openEmbedded` when the rest is loaded.
 *
 * @example
 * const child = spawnDoltSql(options);
 * const { openEmbedded } = await import('./embedded.ts');
 * const db = await openEmbedded({ ...options, child, lockDirectory, purpose: 'bd list' });
 */
export function spawnDoltSql(options: SpawnDoltSqlOptions, format: 'json' | 'csv' = 'json'): DoltSqlChild {
  const { database } = options;
  const child = spawn(options.doltBin, [...(database === '' ? [] : ['--use-db', database]), 'sql', '-r', format], {
    cwd: options.directory,
    env: {
      ...seldomCollected(),
      ...(options.remotes ? remoteEnvironment(options.env, options.doltHome) : plainEnvironment(options)),
    },
    // A Ctrl-C at the terminal is for us: we end the child when its statement is done.
    detached: options.sameGroup !== true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let failure: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
  });
  // What is written to a child that ended is lost; its end says so.
  child.stdin.on('error', () => undefined);
  return {
    process: child,
    get failure() {
      return failure;
    },
    ended,
  };
}

function plainEnvironment({ env, doltHome }: SpawnDoltSqlOptions): NodeJS.ProcessEnv {
  const own = { HOME: doltHome, DOLT_ROOT_PATH: doltHome, DOLT_DISABLE_EVENT_FLUSH: 'true', TZ: 'UTC' };
  return { ...env, ...own };
}
