import { Args, Flags } from '@oclif/core';
import { deferIssues } from '../../src/beads/operations/defer.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { timeFlag } from '../../src/cli/issue-inputs.ts';

export default class Defer extends BdCommand {
  static override summary = 'Put issues aside for later';
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues', required: true }) };
  static override flags = {
    until: Flags.string({ summary: 'until then: +1h, tomorrow, "next monday", 2027-01-15', helpValue: 'WHEN' }),
  };

  async run() {
    const { argv, flags } = await this.parse(Defer);
    const until = timeFlag('until', flags.until, new Date()) ?? undefined;
    const beads = await this.open(flags, { write: true });
    const { updated, failures } = await deferIssues(beads, argv.map(String), { until });
    this.partial(updated, failures);
    return this.show(updated, (issues, paint) =>
      flags.quiet ? '' : issues.map(({ id }) => `${paint('blue', '❄')} Deferred ${id}`).join('\n'),
    );
  }
}
