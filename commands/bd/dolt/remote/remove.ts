import { Args } from '@oclif/core';
import { removeRemote } from '../../../../src/beads/remotes/remotes.ts';
import { BdCommand } from '../../../../src/cli/bd-command.ts';

export default class DoltRemoteRemove extends BdCommand {
  static override summary = 'Remove a Dolt remote from the list; what it holds stays as it is';
  static override args = { name: Args.string({ description: 'its name', required: true }) };

  async run() {
    const { args, flags } = await this.parse(DoltRemoteRemove);
    const beads = await this.open(flags, { write: true });
    const { name, url } = await removeRemote(beads, args.name);
    return this.show({ removed: name, url }, (_, paint) => `${paint('green', '✓')} Removed remote: ${name}  ${url}`);
  }
}
