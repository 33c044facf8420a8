import { Flags } from '@oclif/core';
import { type LintReport, lintIssues } from '../../src/beads/query/lint.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderLint } from '../../src/cli/render/lint.ts';

/** What `bd lint --json` prints. */
export type LintDocument = Omit<LintReport, 'checked'>;

export default class Lint extends BdCommand {
  static override summary = 'Find issues that lack sections which help others to work on them';
  static override description = 'Ends with 1 when there is something to tell.';
  static override strict = false;
  static override usage = 'lint [ID...]';
  static override flags = {
    type: Flags.string({ char: 't', summary: 'only issues of this type', helpValue: 'TYPE' }),
    status: Flags.string({ char: 's', summary: 'issues in this status; all for any', default: 'open' }),
  };

  async run(): Promise<LintDocument> {
    const { argv, flags } = await this.parse(Lint);
    const beads = await this.open(flags, { write: false });
    const { checked, ...report } = await lintIssues(beads, { ids: argv.map(String), ...flags });
    if (report.total > 0) process.exitCode = 1;
    return this.show(report, (shown) => renderLint(shown, checked));
  }
}
