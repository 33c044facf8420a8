import { type WhereResult, whereIs } from '../../src/beads/workspace/information.ts';
import { reachedLocation } from '../../src/beads/workspace/reached.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export default class Where extends BdCommand {
  static override summary = 'Show which .beads directory and database are used';

  async run(): Promise<WhereResult> {
    const { flags } = await this.parse(Where);
    return this.show(whereIs(await reachedLocation(await this.locate(flags), this.directory(flags))), render);
  }
}

function render(result: WhereResult): string {
  const lines = [result.path || '(no .beads directory)'];
  if (result.redirected_from) lines.push(`  (via redirect from ${result.redirected_from})`);
  if (result.source === 'worktree') lines.push('  (shared with the main working tree)');
  return [...lines, `  database: ${result.database_path}`].join('\n');
}
