import { execFile } from 'node:child_process';
import { AppError, systemErrorCode } from '../errors.ts';
import { killTree } from '../util/kill-tree.ts';

/** The `dolt` program and what it runs with. */
export interface DoltProgram {
  doltBin: string;
  /** Directory of Dolt's own configuration, so that the user's is neither read nor written. */
  doltHome: string;
  env: NodeJS.ProcessEnv;
}

export interface RunDoltLimits {
  /** How long it may take, in ms; default no limit. */
  timeoutMs?: number | undefined;
  /** Is told what it prints about its progress, line by line. */
  onLine?: ((text: string) => void) | undefined;
}

/** How a `dolt` command ended. */
export interface EndedDolt {
  readonly failed: boolean;
  /** Whether it was ended because it took longer than it may. */
  readonly timedOut: boolean;
  /** What it said, in one line. */
  readonly output: string;
}

/**
 * Runs one command of the `dolt` program. The user's HOME stays, since git and ssh look there for
 * credentials of git remotes; Dolt's own configuration is elsewhere.
 *
 * @throws AppError DOLT_NOT_FOUND
 * @example await runDolt(program, ['clone', url, 'hm'], '/p/.beads/dolt');
 */
export function runDolt(
  program: DoltProgram,
  args: readonly string[],
  cwd: string,
  { timeoutMs, onLine }: RunDoltLimits = {},
): Promise<EndedDolt> {
  const { doltBin } = program;
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const env = remoteEnvironment(program.env, program.doltHome);
    const child = execFile(doltBin, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 }, (error, out, err) => {
      clearTimeout(timer);
      if (systemErrorCode(error) === 'ENOENT') {
        const hint = 'gt dolt install';
        return reject(new AppError('DOLT_NOT_FOUND', `${doltBin} cannot be run`, { hint, cause: error }));
      }
      const output = plain(err).trim() || plain(out).trim();
      resolve({ failed: error !== null, timedOut, output: output.replace(/\s+/g, ' ') || (error?.message ?? '') });
    });
    child.stdin?.end();
    if (onLine) child.stdout?.on('data', (chunk: string) => onLine(plain(chunk).trim().split('\n').at(-1) ?? ''));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    function expire(): void {
      timedOut = true;
      // Dolt does not end before the git that it started, and that one waits for the remote.
      if (child.pid !== undefined) killTree(child.pid).catch(() => child.kill('SIGKILL'));
    }
  });
}

/**
 * The environment for a Dolt that talks to remotes: it and the git that it runs ask nobody, and
 * git gives up a remote that went silent.
 */
export function remoteEnvironment(env: NodeJS.ProcessEnv, doltHome: string): NodeJS.ProcessEnv {
  return {
    GIT_HTTP_LOW_SPEED_LIMIT: '1',
    GIT_HTTP_LOW_SPEED_TIME: '30',
    ...(env['GIT_SSH'] ? {} : { GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=10' }),
    ...env,
    GIT_TERMINAL_PROMPT: '0',
    DOLT_ROOT_PATH: doltHome,
    DOLT_DISABLE_EVENT_FLUSH: 'true',
    TZ: 'UTC',
  };
}

/** Without the cursor movements of progress displays. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/\r/g, '\n');
}
