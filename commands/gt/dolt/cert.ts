import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { REPEATED } from '../../../src/cli/repeated.ts';
import { openTown } from '../../../src/open-town.ts';
import { type CertifiedRig, certifyRig } from '../../../src/supervisor/certify-rig.ts';
import { HQ_RIG } from '../../../src/town/rig-name.ts';

const file = (summary: string, dependsOn: string[]) =>
  Flags.string({ summary, helpValue: 'FILE', dependsOn, exclusive: ['name'] });

export default class Cert extends GtCommand {
  static override summary = 'Give a rig’s server a certificate, so that SQL and remotesapi are encrypted';
  static override description =
    'Makes one for the names and addresses of this machine, signed by the town’s own authority, which clients and peers then have to trust (.gt/tls/ca.pem in the data dir). Or uses yours. The server takes it when it is restarted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> gastown --name town.example --name 192.168.1.100',
    '<%= config.bin %> <%= command.id %> gastown --cert fullchain.pem --key privkey.pem',
  ];
  static override args = { rig: Args.string({ description: 'rig', default: HQ_RIG }) };
  static override flags = {
    name: Flags.string({
      summary: 'a further host name or address of this machine',
      helpValue: 'HOST',
      ...REPEATED,
    }),
    cert: file('your own certificate, with its chain (PEM)', ['key']),
    key: file('its key (PEM)', ['cert']),
    ca: file('the authority that signed it, where systems do not trust it anyway (PEM)', ['cert']),
  };

  async run(): Promise<CertifiedRig> {
    const { args, flags } = await this.parse(Cert);
    const { paths } = openTown({ dataDir: this.dataDir(flags) });
    const { cert, key, ca } = flags;
    const own = cert && key ? { cert: resolve(cert), key: resolve(key), ca: ca && resolve(ca) } : undefined;
    const made = await certifyRig({ paths, rig: args.rig, names: flags.name ?? [], own, signal: this.signal });
    return this.show(made, (one) => {
      const trust = one.ca ? `\nclients and peers trust it with ${one.ca}` : '';
      const lines = [`rig "${one.rig}" has a certificate until ${one.valid_to.slice(0, 10)}: ${one.names.join(', ')}`];
      return `${lines.join('\n')}${trust}\na running server takes it with: gt dolt restart ${one.rig}`;
    });
  }
}
