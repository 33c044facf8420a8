import { Flags } from '@oclif/core';
import { AppError } from '../../errors.ts';

/** Flags of `init` that set-up scripts of the Go `bd` pass. */
export const GO_INIT_FLAGS = {
  'from-jsonl': Flags.boolean({ summary: 'then import .beads/issues.jsonl' }),
  role: Flags.option({
    summary: 'set beads.role in the configuration of this git repository',
    options: ['maintainer', 'contributor'] as const,
  })(),
  backend: Flags.string({ summary: 'only dolt', default: 'dolt', hidden: true }),
  external: Flags.boolean({ summary: 'somebody else runs the server (always so: bd starts none)', hidden: true }),
  'shared-server': Flags.boolean({ summary: 'as --server, on port 3308 of this machine', exclusive: ['rig'] }),
  'setup-exclude': Flags.boolean({ summary: 'the same as --stealth' }),
  contributor: Flags.boolean({ summary: 'has no effect: there is no wizard', hidden: true }),
  team: Flags.boolean({ summary: 'has no effect: there is no wizard', hidden: true }),
  'agents-file': Flags.string({ summary: 'has no effect: the file is AGENTS.md', helpValue: 'FILE', hidden: true }),
};

export interface GoInitFlags {
  backend: string;
  contributor: boolean;
  team: boolean;
  'agents-file'?: string | undefined;
}

/** Only Dolt keeps issues. @throws AppError VALIDATION */
export function requireDolt({ backend }: Pick<GoInitFlags, 'backend'>): void {
  if (backend === 'dolt') return;
  throw new AppError('VALIDATION', `unknown backend "${backend}": issues are kept in dolt`, {
    hint: 'leave --backend out',
  });
}

/** What to tell about flags that change nothing here. */
export function initNotes(flags: GoInitFlags): string[] {
  return [
    ...(flags.contributor ? ['note: --contributor has no effect here; see --role and --setup-exclude'] : []),
    ...(flags.team ? ['note: --team has no effect here'] : []),
    ...(flags['agents-file'] === undefined || flags['agents-file'] === 'AGENTS.md'
      ? []
      : [
          'note: --agents-file has no effect here: the lines for agents are in AGENTS.md; --skip-agents leaves them out',
        ]),
  ];
}
