import { Args } from '@oclif/core';
import { relateIssues } from '../../../src/beads/operations/dependencies.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';

export default class DepRelate extends BdCommand {
  static override summary = 'Link two issues, both ways';
  static override args = {
    first: Args.string({ description: 'an issue', required: true }),
    second: Args.string({ description: 'another issue', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(DepRelate);
    const beads = await this.open(flags, { write: true });
    const { issue, dependsOn } = await relateIssues(beads, args.first, args.second, { remove: false });
    return this.show({ id1: issue.id, id2: dependsOn.id, related: true }, (_result, paint) =>
      flags.quiet ? '' : `${paint('green', '✓')} Linked ${issue.id} ↔ ${dependsOn.id}`,
    );
  }
}
