import { Args, Flags } from '@oclif/core';
import type { Role } from '../dolt/accounts.ts';
import { openTown } from '../open-town.ts';
import type { RigAccountsOptions } from '../supervisor/rig-accounts.ts';
import { HQ_RIG } from '../town/rig-name.ts';
import { GtCommand } from './gt-command.ts';

/** What the `gt dolt user` commands share. */

export const rigFlag = { rig: Flags.string({ summary: 'rig', default: HQ_RIG, helpValue: 'RIG' }) };

export const userArg = {
  user: Args.string({ description: 'NAME, or NAME@HOST with % for every host', required: true }),
};

export const roleFlags = {
  sync: Flags.boolean({ summary: 'clone, fetch and push over remotesapi; to push, Dolt asks for SUPER' }),
  'read-only': Flags.boolean({ summary: 'read the rig’s database; with --sync: clone and fetch only' }),
};

export const passwordFlag = {
  'password-stdin': Flags.boolean({ summary: 'read the password from standard input' }),
};

/** The JSON of the commands that change one account. */
export interface ChangedAccount {
  rig: string;
  user: string;
}

export function roleOf(flags: { sync: boolean; 'read-only': boolean }): Role {
  if (flags.sync) return flags['read-only'] ? 'fetch' : 'sync';
  return flags['read-only'] ? 'read' : 'write';
}

/** Base of the `gt dolt user` commands. */
export abstract class UserCommand extends GtCommand {
  protected accounts(flags: { rig: string; 'data-dir'?: string | undefined }): RigAccountsOptions {
    return { town: openTown({ dataDir: this.dataDir(flags) }), rig: flags.rig, env: process.env };
  }

  protected changed(rig: string, user: string, what: string): ChangedAccount {
    return this.show({ rig, user }, () => `rig "${rig}": ${what}`);
  }
}
