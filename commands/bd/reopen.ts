import { Args, Flags } from '@oclif/core';
import { reopenIssues } from '../../src/beads/operations/reopen.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderReopened } from '../../src/cli/render-writes.ts';

export default class Reopen extends BdCommand {
  static override summary = 'Open closed issues again';
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues', required: true }) };
  static override flags = { reason: Flags.string({ char: 'r', summary: 'why' }) };

  async run() {
    const { argv, flags } = await this.parse(Reopen);
    const beads = await this.open(flags, { write: true });
    const { reopened, alreadyOpen, failures } = await reopenIssues(beads, argv.map(String), { reason: flags.reason });
    for (const id of alreadyOpen) this.progress(`${id} is already open`);
    this.partial([...reopened, ...alreadyOpen], failures, 'Error');
    const ids = reopened.map(({ id }) => id);
    return this.show(reopened, (_issues, paint) => (flags.quiet ? '' : renderReopened(ids, flags.reason, paint)));
  }
}
