import { Args } from '@oclif/core';
import { undeferIssues } from '../../src/beads/operations/defer.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export default class Undefer extends BdCommand {
  static override summary = 'Take issues up again that were put aside';
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues', required: true }) };

  async run() {
    const { argv, flags } = await this.parse(Undefer);
    const { updated, failures } = await undeferIssues(await this.open(flags, { write: true }), argv.map(String));
    this.partial(updated, failures);
    return this.show(updated, (issues, paint) =>
      flags.quiet ? '' : issues.map(({ id }) => `${paint('green', '✓')} Undeferred ${id} (now open)`).join('\n'),
    );
  }
}
