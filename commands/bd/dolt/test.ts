import { BdCommand } from '../../../src/cli/bd-command.ts';
import { connectionDocument } from '../../../src/cli/render/remotes.ts';

export default class DoltTest extends BdCommand {
  static override summary = 'Check that the database can be opened';

  async run() {
    const { flags } = await this.parse(DoltTest);
    const beads = await this.open(flags, { write: false });
    return this.show(connectionDocument(beads.location, true), (_, paint) => `${paint('green', '✓')} Connection ok`);
  }
}
