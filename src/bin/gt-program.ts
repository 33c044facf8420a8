import type { Program } from '../cli/dispatch.ts';
import { packageRoot, packageVersion } from '../package-info.ts';

/** `gt`: the towns' servers. */
export function gtProgram(here: string): Program {
  const root = packageRoot(here);
  const program: Program = {
    name: 'gt',
    version: packageVersion(root),
    root,
    summary: 'Supervise one Dolt SQL server per rig.',
    valueFlags: ['--data-dir'],
    switches: ['--json'],
    aliases: {},
    topics: {
      dolt: 'Start, stop and watch the town’s Dolt servers',
      'dolt:standby': 'A hot standby of a rig on another host',
      'dolt:user': 'Who may log in to a rig’s server, over SQL and to sync',
    },
    commands: {
      completion: async () => (await import('../cli/completion-command.ts')).completionOf(() => program),
      'dolt:install': () => import('../../commands/gt/dolt/install.ts'),
      'dolt:start': () => import('../../commands/gt/dolt/start.ts'),
      'dolt:stop': () => import('../../commands/gt/dolt/stop.ts'),
      'dolt:restart': () => import('../../commands/gt/dolt/restart.ts'),
      'dolt:status': () => import('../../commands/gt/dolt/status.ts'),
      'dolt:logs': () => import('../../commands/gt/dolt/logs.ts'),
      'dolt:sql': () => import('../../commands/gt/dolt/sql.ts'),
      'dolt:init-rig': () => import('../../commands/gt/dolt/init-rig.ts'),
      'dolt:doctor': () => import('../../commands/gt/dolt/doctor.ts'),
      'dolt:backup': () => import('../../commands/gt/dolt/backup.ts'),
      'dolt:restore': () => import('../../commands/gt/dolt/restore.ts'),
      'dolt:gc': () => import('../../commands/gt/dolt/gc.ts'),
      'dolt:compact': () => import('../../commands/gt/dolt/compact.ts'),
      'dolt:cert': () => import('../../commands/gt/dolt/cert.ts'),
      'dolt:standby:add': () => import('../../commands/gt/dolt/standby/add.ts'),
      'dolt:standby:demote': () => import('../../commands/gt/dolt/standby/demote.ts'),
      'dolt:standby:join': () => import('../../commands/gt/dolt/standby/join.ts'),
      'dolt:standby:promote': () => import('../../commands/gt/dolt/standby/promote.ts'),
      'dolt:standby:status': () => import('../../commands/gt/dolt/standby/status.ts'),
      'dolt:user:add': () => import('../../commands/gt/dolt/user/add.ts'),
      'dolt:user:grant': () => import('../../commands/gt/dolt/user/grant.ts'),
      'dolt:user:list': () => import('../../commands/gt/dolt/user/list.ts'),
      'dolt:user:passwd': () => import('../../commands/gt/dolt/user/passwd.ts'),
      'dolt:user:remove': () => import('../../commands/gt/dolt/user/remove.ts'),
      'dolt:list': () => import('../../commands/gt/dolt/list.ts'),
    },
  };
  return program;
}
