import { execFile } from 'node:child_process';
import { AppError, systemErrorCode } from '../errors.ts';

/** The `dolt` program and what it runs with. */
export interface DoltProgram {
  doltBin: string;
  /** HOME of Dolt's own configuration, so that the user's is neither read nor written. */
  doltHome: string;
  env: NodeJS.ProcessEnv;
}

export interface EndedDolt {
  readonly failed: boolean;
  /** What it said, in one line. */
  readonly output: string;
}

/**
 * Runs a `dolt` command to its end.
 *
 * @throws AppError DOLT_NOT_FOUND
 * @example await runDolt(program, ['init'], '/p/.beads/dolt/hm')
 */
export function runDolt(program: DoltProgram, args: readonly string[], cwd: string): Promise<EndedDolt> {
  const { doltBin, doltHome } = program;
  const env = { ...program.env, HOME: doltHome, DOLT_ROOT_PATH: doltHome, DOLT_DISABLE_EVENT_FLUSH: 'true' };
  return new Promise((resolve, reject) => {
    execFile(doltBin, args, { cwd, env, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (systemErrorCode(error) === 'ENOENT') {
        reject(new AppError('DOLT_NOT_FOUND', `${doltBin} cannot be run`, { hint: 'gt dolt install', cause: error }));
      } else {
        const output = (stderr.trim() || stdout.trim()).replace(/\s+/g, ' ');
        resolve({ failed: error !== null, output: output || (error?.message ?? '') });
      }
    });
  });
}
