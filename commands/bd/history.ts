import { Args, Flags } from '@oclif/core';
import type { IssueVersion } from '../../src/beads/history/issue-versions.ts';
import { issueHistory } from '../../src/beads/query/history.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderHistory } from '../../src/cli/render/history.ts';

export default class History extends BdCommand {
  static override summary = 'Show what became of an issue: its versions in Dolt and its events';
  static override args = { id: Args.string({ description: 'id of an issue', required: true }) };
  static override flags = {
    limit: Flags.integer({ char: 'n', summary: 'how many at most; 0 means all', default: 0, min: 0 }),
  };

  async run(): Promise<readonly IssueVersion[]> {
    const { args, flags } = await this.parse(History);
    const beads = await this.open(flags, { write: false });
    const history = await issueHistory(beads, args.id, { limit: flags.limit });
    await this.showPaged(history, renderHistory);
    return history.versions;
  }
}
