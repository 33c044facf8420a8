import { listRemotes } from '../../../../src/beads/remotes/remotes.ts';
import { BdCommand } from '../../../../src/cli/bd-command.ts';
import { remoteDocuments, renderRemotes } from '../../../../src/cli/render/remotes.ts';

export default class DoltRemoteList extends BdCommand {
  static override summary = 'List the Dolt remotes';

  async run() {
    const { flags } = await this.parse(DoltRemoteList);
    const beads = await this.open(flags, { write: false });
    const remotes = await listRemotes(beads);
    return this.orNull(this.show(remoteDocuments(remotes), () => renderRemotes(remotes)));
  }
}
