import { Args, Flags } from '@oclif/core';
import { isOpenToListeners, reachedUrl, requirePeerName } from '../../../src/beads/federation/peer-address.ts';
import { addPeer } from '../../../src/beads/federation/peers.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { obtainPassword } from '../../../src/cli/password.ts';
import { AppError } from '../../../src/errors.ts';

export default class FederationAddPeer extends BdCommand {
  static override summary = 'Add a peer to sync with';
  static override description =
    'The password of --user is asked for on the terminal, read with --password-stdin, or taken from DOLT_REMOTE_PASSWORD. It is kept encrypted, with a key that only this clone has.';
  static override examples = [
    '<%= config.bin %> federation add-peer town-beta 192.168.1.100:8080/beads',
    '<%= config.bin %> federation add-peer town-beta host:8080/beads --user sync-bot',
  ];
  static override args = {
    name: Args.string({ description: 'name of the peer here', required: true }),
    url: Args.string({
      description: 'HOST:PORT/DATABASE, http(s)://…, file:///…, ORG/REPO of DoltHub',
      required: true,
    }),
  };
  static override flags = {
    user: Flags.string({ char: 'u', summary: 'who we are at the peer' }),
    'password-stdin': Flags.boolean({ summary: 'read the password from standard input' }),
    sovereignty: Flags.string({ summary: 'tier of the peer: T1, T2, T3 or T4' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(FederationAddPeer);
    requirePeerName(args.name);
    const { url, certain } = await reachedUrl(args.url, flags.user !== undefined);
    const sovereignty = tier(flags.sovereignty);
    if (flags['password-stdin'] && flags.user === undefined) {
      throw new AppError('VALIDATION', 'a password needs a user: add --user');
    }
    const beads = await this.open(flags, { write: true });
    const { user } = flags;
    const variable = process.env['DOLT_REMOTE_PASSWORD'];
    const question = `Password of ${user} at ${args.name} (${url})`;
    const sources = { stdin: flags['password-stdin'], variable, question };
    const password = user === undefined ? undefined : await obtainPassword(sources);
    const peer = await addPeer(beads, { name: args.name, address: url, user, password, sovereignty });
    if (user !== undefined && isOpenToListeners(url)) {
      this.progress(`Warning: ${url} is not encrypted: the password and all issues can be read on the way`);
    }
    if (!certain)
      this.progress(
        `Note: nobody answers there now, so whether it speaks TLS is not known; if ${url} is wrong, add it with the other scheme`,
      );
    const document = { added: peer.name, url, has_auth: user !== undefined, sovereignty: peer.sovereignty };
    return this.show(document, () =>
      [
        `Added peer ${peer.name}: ${url}`,
        ...(user === undefined ? [] : [`  User: ${user} (credentials stored)`]),
        ...(sovereignty === undefined ? [] : [`  Sovereignty: ${sovereignty}`]),
      ].join('\n'),
    );
  }
}

function tier(value: string | undefined): 'T1' | 'T2' | 'T3' | 'T4' | undefined {
  if (value === undefined || value === 'T1' || value === 'T2' || value === 'T3' || value === 'T4') return value;
  throw new AppError('VALIDATION', `invalid sovereignty tier: ${value} (must be T1, T2, T3, or T4)`);
}
