import { BdCommand } from '../../../src/cli/bd-command.ts';
import { connectionDocument, renderConnection } from '../../../src/cli/render/remotes.ts';

export default class DoltShow extends BdCommand {
  static override summary = 'Show how the database is reached, and whether it is';

  async run() {
    const { flags } = await this.parse(DoltShow);
    const location = await this.locate(flags);
    const reached = await this.open(flags, { write: false }).then(
      () => true,
      () => false,
    );
    return this.show(connectionDocument(location, reached), renderConnection);
  }
}
