import { databasePath } from '../../src/beads/workspace/describe.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export interface WhereResult {
  /** The `.beads` directory. */
  path: string;
  /** Directory of the database, or its address. */
  database_path: string;
  /** What led to it: directory, worktree, BEADS_DIR, flag. */
  source: string;
  redirected_from?: string;
}

export default class Where extends BdCommand {
  static override summary = 'Show which .beads directory and database are used';

  async run(): Promise<WhereResult> {
    const { flags } = await this.parse(Where);
    const location = await this.locate(flags);
    const { redirectedFrom } = location;
    const result: WhereResult = {
      path: location.beadsDir ?? '',
      database_path: databasePath(location),
      source: location.source,
      ...(redirectedFrom === undefined ? {} : { redirected_from: redirectedFrom }),
    };
    return this.show(result, render);
  }
}

function render(result: WhereResult): string {
  const lines = [result.path || '(no .beads directory)'];
  if (result.redirected_from) lines.push(`  (via redirect from ${result.redirected_from})`);
  if (result.source === 'worktree') lines.push('  (shared with the main working tree)');
  return [...lines, `  database: ${result.database_path}`].join('\n');
}
