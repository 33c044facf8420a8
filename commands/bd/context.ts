import { describeWorkspace, type WorkspaceContext } from '../../src/beads/workspace/describe.ts';
import { reachedLocation } from '../../src/beads/workspace/reached.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export default class Context extends BdCommand {
  static override summary = 'Show what this directory works with: repository, database, server';

  async run(): Promise<WorkspaceContext> {
    const { flags } = await this.parse(Context);
    const dir = this.directory(flags);
    const location = await reachedLocation(await this.locate(flags), dir);
    const context = await describeWorkspace(location, dir, this.config.version);
    return this.show(context, render);
  }
}

function render(context: WorkspaceContext): string {
  const { server_host: host, server_port: port } = context;
  const lines: [string, string][] = [
    ['Beads directory', context.beads_dir],
    ['Repository', context.repo_root],
    ['Working directory’s repository', context.cwd_repo_root],
    ['Redirected', context.is_redirected ? 'yes' : 'no'],
    ['Linked worktree', context.is_worktree ? 'yes' : 'no'],
    ['Mode', context.dolt_mode],
    ['Server', port ? `${host}:${port}` : ''],
    ['Database', context.database],
    ['Project id', context.project_id],
    ['Role', context.role],
    ['bd', context.bd_version],
  ];
  return lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
