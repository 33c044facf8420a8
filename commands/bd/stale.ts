import { Flags } from '@oclif/core';
import type { Issue } from '../../src/beads/issue.ts';
import { staleIssues } from '../../src/beads/query/stale.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderStale } from '../../src/cli/render/stale.ts';

export default class Stale extends BdCommand {
  static override summary = 'Show issues that nobody has touched for long';
  static override flags = {
    days: Flags.integer({ char: 'd', summary: 'not touched for so many days', default: 30 }),
    status: Flags.string({ char: 's', summary: 'only issues in this status', helpValue: 'STATUS' }),
    limit: Flags.integer({ char: 'n', summary: 'how many at most; 0 means all', default: 50, min: 0 }),
  };

  async run(): Promise<Issue[]> {
    const { flags } = await this.parse(Stale);
    const beads = await this.open(flags, { write: false });
    const stale = await staleIssues(beads, flags);
    return this.showPaged(stale, (issues, paint) => renderStale(issues, flags.days, beads.now(), paint));
  }
}
