import { Flags } from '@oclif/core';
import { AppError } from '../errors.ts';
import type { RigResult } from '../supervisor/town-options.ts';
import { resolveDataDir } from '../town/data-dir.ts';
import { BaseCommand } from './base-command.ts';
import { type Paint, painter } from './style.ts';

/** Base of the `gt dolt` commands: the flags that all of them take. */
export abstract class GtCommand extends BaseCommand {
  static override baseFlags = {
    'data-dir': Flags.string({
      summary: 'the town’s data directory (default ~/.dolt-data)',
      helpValue: 'DIR',
      env: 'GT_DOLT_DATA_DIR',
      helpGroup: 'GLOBAL',
    }),
  };

  /** The data directory that flag, environment and default lead to; absolute. */
  protected dataDir(flags: { 'data-dir'?: string | undefined }): string {
    if (flags['data-dir'] === '')
      throw new AppError('USAGE', '--data-dir is empty', { hint: 'give a directory, or leave the flag out' });
    return resolveDataDir({ flag: flags['data-dir'], env: process.env, cwd: process.cwd() });
  }

  /** Tells on stderr of something that does not keep the command from its work; each once. */
  protected warner(): (problem: AppError) => void {
    const told = new Set<string>();
    return (problem) => {
      if (told.has(problem.message)) return;
      told.add(problem.message);
      this.progress(`${painter(process.stderr)('yellow', 'Warning:')} ${problem.message}`);
    };
  }

  /** Prints a line for each rig as it is done: what worked on stdout, errors on stderr. */
  protected eachRig(line: (result: RigResult, paint: Paint) => string): (result: RigResult) => void {
    return (result) => {
      if (this.jsonEnabled()) return;
      if (result.error) process.stderr.write(line(result, painter(process.stderr)));
      else this.print(line(result, this.paint));
    };
  }
}
