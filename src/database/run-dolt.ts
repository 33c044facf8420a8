import { AppError } from '../errors.ts';
import { isFull, isOutOfSpace } from '../util/out-of-space.ts';
import { type RunProgramOptions, runProgram } from '../util/run-program.ts';
import { remoteEnvironment } from './remote-environment.ts';

/** The `dolt` program and what it runs with. */
export interface DoltProgram {
  doltBin: string;
  /** Directory of Dolt's own configuration, so that the user's is neither read nor written. */
  doltHome: string;
  env: NodeJS.ProcessEnv;
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
export async function runDolt(
  program: DoltProgram,
  args: readonly string[],
  cwd: string,
  limits: Pick<RunProgramOptions, 'timeoutMs' | 'onLine'> = {},
): Promise<EndedDolt> {
  const { doltBin, doltHome } = program;
  const ended = await runProgram(doltBin, args, { cwd, env: remoteEnvironment(program.env, doltHome), ...limits });
  if (ended.startError === 'ENOENT') {
    throw new AppError('DOLT_NOT_FOUND', `${doltBin} cannot be run`, { hint: 'gt dolt install' });
  }
  const { failed, timedOut, stdout, stderr } = ended;
  if (!failed) return { failed, timedOut, output: oneLine(stdout) };
  const said = oneLine(withoutStack(stderr) || stdout);
  const untold = !timedOut && !isOutOfSpace(said) && (await isFull(cwd));
  return { failed, timedOut, output: untold ? `${said}: no space left on device` : said };
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** Where Dolt panics, pages of its stack follow what it says. */
function withoutStack(text: string): string {
  return text.replace(/^panic: goroutine [\s\S]*$/m, '').trim();
}

/** An error that Dolt told in words. */
export function doltFailure(what: string, told: string): AppError {
  const output = withoutStack(told);
  if (isOutOfSpace(output)) {
    return new AppError('DISK_FULL', `${what}: ${output}`, { hint: 'free some space, then run the command again' });
  }
  return new AppError('IO_ERROR', `${what}: ${output}`);
}
