import { listPeers } from '../../../src/beads/federation/peers.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { oneLine } from '../../../src/cli/render/marks.ts';

export default class FederationListPeers extends BdCommand {
  static override summary = 'List the peers';

  async run(): Promise<readonly object[] | null> {
    const { flags } = await this.parse(FederationListPeers);
    const beads = await this.open(flags, { write: false });
    const peers = await listPeers(beads);
    const document = peers.map(({ name, url, username, sovereignty }) => ({
      Name: name,
      URL: url,
      ...(username === undefined ? {} : { Username: username }),
      ...(sovereignty === '' ? {} : { Sovereignty: sovereignty }),
    }));
    this.show(document, () => {
      if (peers.length === 0) return 'No federation peers configured';
      const width = Math.max(...peers.map(({ name }) => name.length));
      const lines = peers.map(({ name, url, username, sovereignty }) =>
        [`  ${oneLine(name).padEnd(width)}  ${oneLine(url)}`, username && `user ${oneLine(username)}`, sovereignty]
          .filter(Boolean)
          .join('  '),
      );
      return ['🌐 Federation Peers:', ...lines].join('\n');
    });
    return this.orNull(document);
  }
}
