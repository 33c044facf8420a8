import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export interface SpawnDoltSqlOptions {
  /** The `dolt` program. */
  doltBin: string;
  /** The database's directory, the one that holds `.dolt`. */
  directory: string;
  /** Name of the database, as in `USE name`. */
  database: string;
  /** HOME of Dolt's own configuration, so that the user's is neither read nor written. */
  doltHome: string;
  /** Environment to start from; HOME and Dolt's switches are replaced. */
  env: NodeJS.ProcessEnv;
}

/**
 * Starts `dolt sql` on a database. This module loads nothing else, so a command can start the child
 * first and hand it to `openEmbedded` when the rest is loaded.
 *
 * @example
 * const child = spawnDoltSql(options);
 * const { openEmbedded } = await import('./embedded.ts');
 * const db = await openEmbedded({ ...options, child, lockDirectory, purpose: 'bd list' });
 */
export function spawnDoltSql(options: SpawnDoltSqlOptions): ChildProcessWithoutNullStreams {
  const child = spawn(options.doltBin, ['--use-db', options.database, 'sql', '-r', 'json'], {
    cwd: options.directory,
    env: {
      ...options.env,
      HOME: options.doltHome,
      DOLT_ROOT_PATH: options.doltHome,
      DOLT_DISABLE_EVENT_FLUSH: 'true',
      TZ: 'UTC',
    },
    // A Ctrl-C at the terminal is for us: we end the child when its statement is done.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Until somebody listens: a missing program must not end this process.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  return child;
}
