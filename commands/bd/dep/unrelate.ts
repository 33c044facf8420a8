import { Args } from '@oclif/core';
import { relateIssues } from '../../../src/beads/operations/dependencies.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';

export default class DepUnrelate extends BdCommand {
  static override summary = 'Take the links between two issues away';
  static override args = {
    first: Args.string({ description: 'an issue', required: true }),
    second: Args.string({ description: 'another issue', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(DepUnrelate);
    const beads = await this.open(flags, { write: true });
    const { issue, dependsOn } = await relateIssues(beads, args.first, args.second, { remove: true });
    return this.show({ id1: issue.id, id2: dependsOn.id, related: false }, (_result, paint) =>
      flags.quiet ? '' : `${paint('green', '✓')} Unlinked ${issue.id} ↔ ${dependsOn.id}`,
    );
  }
}
