import { Args, Flags } from '@oclif/core';
import { markDuplicate } from '../../src/beads/operations/replace.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export default class Duplicate extends BdCommand {
  static override summary = 'Close an issue as a duplicate of another one';
  static override args = { id: Args.string({ description: 'the duplicate', required: true }) };
  static override flags = { of: Flags.string({ summary: 'the issue that stays', helpValue: 'ID', required: true }) };

  async run() {
    const { args, flags } = await this.parse(Duplicate);
    const { closed, inFavourOf } = await markDuplicate(await this.open(flags, { write: true }), args.id, flags.of);
    return this.show({ duplicate: closed, canonical: inFavourOf, status: 'closed' }, (_result, paint) =>
      flags.quiet ? '' : `${paint('green', '✓')} Marked ${closed} as duplicate of ${inFavourOf} (closed)`,
    );
  }
}
