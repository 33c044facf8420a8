import { Flags } from '@oclif/core';

/** The global flags that `open` reads, as `this.parse` gives them. */
export interface BdFlags {
  actor?: string | undefined;
  db?: string | undefined;
  directory?: string | undefined;
  readonly?: boolean | undefined;
  quiet?: boolean | undefined;
  verbose?: boolean | undefined;
  'dolt-auto-commit'?: string | undefined;
}

const GLOBAL = { helpGroup: 'GLOBAL' };

/** The flags that every `bd` command takes. */
export const BD_FLAGS = {
  actor: Flags.string({
    summary: 'who acts (default BEADS_ACTOR, git user.name, $USER)',
    helpValue: 'NAME',
    ...GLOBAL,
  }),
  db: Flags.string({ summary: 'a .beads or database directory, or a database’s name', helpValue: 'PATH', ...GLOBAL }),
  directory: Flags.string({ char: 'C', summary: 'run as if started there', helpValue: 'DIR', ...GLOBAL }),
  readonly: Flags.boolean({ summary: 'refuse every write', ...GLOBAL }),
  quiet: Flags.boolean({ char: 'q', summary: 'errors only', ...GLOBAL }),
  verbose: Flags.boolean({ char: 'v', summary: 'say more', ...GLOBAL }),
  'dolt-auto-commit': Flags.string({
    summary: 'make a Dolt commit of each write',
    options: ['on', 'off', 'batch'],
    ...GLOBAL,
  }),
};

/** When writes make Dolt commits, where the command line says so. */
export function autoCommitOf(flags: BdFlags): 'on' | 'off' | 'batch' | undefined {
  const value = flags['dolt-auto-commit'];
  return value === 'on' || value === 'off' || value === 'batch' ? value : undefined;
}
