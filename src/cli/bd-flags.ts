import { Flags } from '@oclif/core';

/** The global flags that `open` reads, as `this.parse` gives them. */
export interface BdFlags {
  actor?: string | undefined;
  db?: string | undefined;
  directory?: string | undefined;
  global?: boolean | undefined;
  readonly?: boolean | undefined;
  quiet?: boolean | undefined;
  verbose?: boolean | undefined;
  'dolt-auto-commit'?: string | undefined;
}

const GLOBAL = { helpGroup: 'GLOBAL' };

/** The database of all projects on the server that they share: what `--global` means to the Go `bd`. */
const GLOBAL_DATABASE = 'beads_global';

/** The flags that every `bd` command takes. */
export const BD_FLAGS = {
  actor: Flags.string({
    summary: 'who acts (default BEADS_ACTOR, git user.name, $USER)',
    helpValue: 'NAME',
    ...GLOBAL,
  }),
  db: Flags.string({
    summary: 'a .beads or database directory, or a database’s name',
    helpValue: 'PATH',
    // Help has nothing to show of it.
    defaultHelp: async () => undefined,
    default: async ({ flags }) => (flags['global'] ? GLOBAL_DATABASE : undefined),
    ...GLOBAL,
  }),
  directory: Flags.string({ char: 'C', summary: 'run as if started there', helpValue: 'DIR', ...GLOBAL }),
  readonly: Flags.boolean({ summary: 'refuse every write', ...GLOBAL }),
  quiet: Flags.boolean({ char: 'q', summary: 'errors only', ...GLOBAL }),
  verbose: Flags.boolean({ char: 'v', summary: 'say more', ...GLOBAL }),
  'dolt-auto-commit': Flags.string({
    summary: 'make a Dolt commit of each write',
    options: ['on', 'off', 'batch'],
    ...GLOBAL,
  }),
  global: Flags.boolean({
    summary: `the database ${GLOBAL_DATABASE} of the server: --db ${GLOBAL_DATABASE}`,
    ...GLOBAL,
  }),
  sandbox: Flags.boolean({ summary: 'push and sync nothing by itself (bd never does)', ...GLOBAL }),
  profile: Flags.boolean({ summary: 'for scripts of the Go bd; has no effect', ...GLOBAL }),
};

/** When writes make Dolt commits, where the command line says so. */
export function autoCommitOf(flags: BdFlags): 'on' | 'off' | 'batch' | undefined {
  const value = flags['dolt-auto-commit'];
  return value === 'on' || value === 'off' || value === 'batch' ? value : undefined;
}
