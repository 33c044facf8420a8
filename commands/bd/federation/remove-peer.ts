import { Args } from '@oclif/core';
import { removePeer } from '../../../src/beads/federation/peers.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';

export default class FederationRemovePeer extends BdCommand {
  static override summary = 'Forget a peer and its credentials; issues that came from it stay';
  static override args = { name: Args.string({ description: 'name of the peer', required: true }) };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(FederationRemovePeer);
    const beads = await this.open(flags, { write: true });
    await removePeer(beads, args.name);
    return this.show({ removed: args.name }, () => `Removed peer: ${args.name}`);
  }
}
