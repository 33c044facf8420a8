import type { Program } from '../cli/dispatch.ts';
import { packageRoot, packageVersion } from '../package-info.ts';

/** `bd`: issues kept in Dolt. */
export function bdProgram(here: string): Program {
  const root = packageRoot(here);
  return {
    name: 'bd',
    version: packageVersion(root),
    root,
    summary: 'Issues (beads) for coding agents, kept in Dolt.',
    valueFlags: ['--actor', '--db', '--directory', '-C', '--dolt-auto-commit'],
    aliases: {},
    topics: {},
    commands: {
      init: () => import('../../commands/bd/init.ts'),
      version: () => import('../../commands/bd/version.ts'),
    },
  };
}
