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
    topics: { config: 'Show and change settings' },
    commands: {
      'config:get': () => import('../../commands/bd/config/get.ts'),
      'config:list': () => import('../../commands/bd/config/list.ts'),
      'config:set': () => import('../../commands/bd/config/set.ts'),
      'config:set-many': () => import('../../commands/bd/config/set-many.ts'),
      'config:show': () => import('../../commands/bd/config/show.ts'),
      'config:unset': () => import('../../commands/bd/config/unset.ts'),
      'config:validate': () => import('../../commands/bd/config/validate.ts'),
      context: () => import('../../commands/bd/context.ts'),
      info: () => import('../../commands/bd/info.ts'),
      init: () => import('../../commands/bd/init.ts'),
      ping: () => import('../../commands/bd/ping.ts'),
      quickstart: () => import('../../commands/bd/quickstart.ts'),
      sql: () => import('../../commands/bd/sql.ts'),
      version: () => import('../../commands/bd/version.ts'),
      where: () => import('../../commands/bd/where.ts'),
    },
  };
}
