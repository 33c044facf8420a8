import { Flags } from '@oclif/core';
import { commitAll } from '../../../src/beads/history/commit.ts';
import { shortHash } from '../../../src/beads/history/revision.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';

export default class VcCommit extends BdCommand {
  static override summary = 'Make a Dolt commit of all that is not committed yet';
  static override description =
    'Takes the changes of everybody who writes to this database. Where nothing changed no commit is made.';
  static override examples = ['<%= config.bin %> vc commit -m "Checkpoint before refactor"'];
  static override flags = {
    message: Flags.string({ char: 'm', summary: 'message of the commit', required: true }),
  };

  async run() {
    const { flags } = await this.parse(VcCommit);
    const beads = await this.open(flags, { write: true });
    return this.show(await commitAll(beads, flags.message), ({ committed, hash }) =>
      committed ? `Created commit ${shortHash(hash)}` : 'Nothing to commit',
    );
  }
}
