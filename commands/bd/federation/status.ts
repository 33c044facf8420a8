import { Args, Flags } from '@oclif/core';
import { federationStatus } from '../../../src/beads/federation/status.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { renderStatus, statusDocument } from '../../../src/cli/render/federation-status.ts';
import { REPEATED } from '../../../src/cli/repeated.ts';
import { parseDuration } from '../../../src/util/duration.ts';

export default class FederationStatus extends BdCommand {
  static override summary = 'Show how each peer stands to this database';
  static override description =
    'Asks all peers at the same time: whether they answer and let us in, what each side has that the other lacks, and the conflicts that a sync would meet. Nothing is changed.';
  static override strict = false;
  static override args = { peer: Args.string({ description: 'names of peers (default: all)' }) };
  static override flags = {
    peer: Flags.string({ summary: 'name of a peer', ...REPEATED }),
    timeout: Flags.string({ summary: 'how long each may take', default: '15s' }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(FederationStatus);
    const timeoutMs = parseDuration(flags.timeout);
    const beads = await this.open(flags, { write: false });
    const peers = [...argv.map(String), ...(flags.peer ?? [])];
    const status = await federationStatus(beads, { peers, timeoutMs, findDolt: () => this.findDolt() });
    if (!this.jsonEnabled()) this.print(renderStatus(status, this.paint));
    return statusDocument(status);
  }
}
