import { Flags } from '@oclif/core';
import { resolveDataDir } from '../town/data-dir.ts';
import { BaseCommand } from './base-command.ts';

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
    return resolveDataDir({ flag: flags['data-dir'], env: process.env, cwd: process.cwd() });
  }
}
