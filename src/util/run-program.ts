import { execFile } from 'node:child_process';
import { systemErrorCode } from '../errors.ts';
import { killTree } from './kill-tree.ts';

export interface RunProgramOptions {
  cwd?: string | undefined;
  env: NodeJS.ProcessEnv;
  /** How long it may take, in ms; default no limit. Then it is ended with all that it started. */
  timeoutMs?: number | undefined;
  /** Is told the last line of each piece that it prints on stdout. */
  onLine?: ((text: string) => void) | undefined;
}

/** How a program ended. */
export interface EndedProgram {
  readonly failed: boolean;
  /** Whether it was ended because it took longer than it may. */
  readonly timedOut: boolean;
  /** The system's code when it could not be started: `ENOENT`. */
  readonly startError: string | undefined;
  /** Without the cursor movements of progress displays. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, without a standard input. Does not throw.
 *
 * @example const { failed, stdout } = await runProgram('git', ['ls-remote', url], { env, timeoutMs: 10_000 });
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, timeoutMs, onLine }: RunProgramOptions,
): Promise<EndedProgram> {
  return new Promise((resolve) => {
    let timedOut = false;
    const options = { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 } as const;
    const child = execFile(program, args, options, (error, out, err) => {
      clearTimeout(timer);
      const startError = error && child.pid === undefined ? (systemErrorCode(error) ?? error.message) : undefined;
      const stderr = plain(err) || (error?.message ?? '');
      resolve({ failed: error !== null, timedOut, startError, stdout: plain(out), stderr });
    });
    child.stdin?.end();
    if (onLine) child.stdout?.on('data', (chunk: string) => onLine(plain(chunk).trim().split('\n').at(-1) ?? ''));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);

    /** With its children: they would hold its output open, and wait on. */
    function expire(): void {
      timedOut = true;
      if (child.pid !== undefined) killTree(child.pid).catch(() => child.kill('SIGKILL'));
    }
  });
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/\r/g, '\n');
}
