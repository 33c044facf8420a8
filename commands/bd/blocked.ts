import { Flags } from '@oclif/core';
import { resolveId } from '../../src/beads/ids/resolve.ts';
import { asksForBlocked, type BlockedIssue, blockedIssues } from '../../src/beads/query/blocked.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderBlocked } from '../../src/cli/render/ready.ts';

export default class Blocked extends BdCommand {
  static override summary = 'Show the issues that wait for others';
  static override flags = {
    parent: Flags.string({ summary: 'only what lies under this issue', helpValue: 'ID' }),
  };

  async run(): Promise<BlockedIssue[]> {
    const { flags } = await this.parse(Blocked);
    const beads = await this.open(flags, { write: false, ahead: asksForBlocked });
    const under = flags.parent === undefined ? {} : { under: (await resolveId(beads.db, flags.parent)).id };
    return this.showPaged(await blockedIssues(beads, { ...under, lines: !this.jsonEnabled() }), renderBlocked);
  }
}
