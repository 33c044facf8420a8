import { Args, Flags } from '@oclif/core';
import { requirePeer, setCredentials } from '../../../src/beads/federation/peers.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { obtainPassword } from '../../../src/cli/password.ts';
import { AppError } from '../../../src/errors.ts';

export default class FederationSetCredentials extends BdCommand {
  static override summary = 'Give a peer another user or password';
  static override examples = ['<%= config.bin %> federation set-credentials town-beta --user sync-bot'];
  static override args = { name: Args.string({ description: 'name of the peer', required: true }) };
  static override flags = {
    user: Flags.string({ char: 'u', summary: 'who we are at the peer (default: as before)' }),
    'password-stdin': Flags.boolean({ summary: 'read the password from standard input' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(FederationSetCredentials);
    const beads = await this.open(flags, { write: true });
    const peer = await requirePeer(beads, args.name);
    const user = flags.user ?? peer.username;
    if (user === undefined) throw new AppError('VALIDATION', `the peer ${peer.name} has no user yet: add --user`);
    const password = await obtainPassword({
      stdin: flags['password-stdin'],
      variable: process.env['DOLT_REMOTE_PASSWORD'],
      question: `Password of ${user} at ${peer.name} (${peer.url})`,
    });
    await setCredentials(beads, peer.name, { user, password });
    return this.show(
      { updated: peer.name, user },
      () => `Updated peer ${peer.name}: user ${user} (credentials stored)`,
    );
  }
}
