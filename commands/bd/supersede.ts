import { Args, Flags } from '@oclif/core';
import { supersedeIssue } from '../../src/beads/operations/replace.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export default class Supersede extends BdCommand {
  static override summary = 'Close an issue because a newer one takes its place';
  static override args = { id: Args.string({ description: 'the old issue', required: true }) };
  static override flags = { with: Flags.string({ summary: 'the newer issue', helpValue: 'ID', required: true }) };

  async run() {
    const { args, flags } = await this.parse(Supersede);
    const { closed, inFavourOf } = await supersedeIssue(await this.open(flags, { write: true }), args.id, flags.with);
    return this.show({ superseded: closed, replacement: inFavourOf, status: 'closed' }, (_result, paint) =>
      flags.quiet ? '' : `${paint('green', '✓')} Marked ${closed} as superseded by ${inFavourOf} (closed)`,
    );
  }
}
