import { Flags } from '@oclif/core';
import { commitAll } from '../../../src/beads/history/commit.ts';
import { shortHash } from '../../../src/beads/history/revision.ts';
import { countRowChanges, readChangedTables } from '../../../src/beads/history/row-changes.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { batchMessage } from '../../../src/cli/render/batch-message.ts';

export default class DoltCommit extends BdCommand {
  static override summary = 'Make a Dolt commit of all that is not committed yet, as `vc commit` does';
  static override description =
    'Takes the changes of everybody who writes to this database. Without -m the message counts them. Where nothing changed no commit is made.';
  static override examples = [
    '<%= config.bin %> dolt commit',
    '<%= config.bin %> dolt commit -m "Checkpoint before refactor"',
  ];
  static override flags = {
    message: Flags.string({ char: 'm', summary: 'message of the commit (default: what changed, in numbers)' }),
  };

  async run() {
    const { flags } = await this.parse(DoltCommit);
    const beads = await this.open(flags, { write: true });
    let message = flags.message;
    if (message === undefined) {
      const tables = (await readChangedTables(beads.db, 'HEAD', 'WORKING')).map(({ name }) => name).sort();
      const issues = tables.includes('issues')
        ? await countRowChanges(beads.db, 'HEAD', 'WORKING', 'issues')
        : { added: 0, modified: 0, removed: 0 };
      const others = tables.filter((name) => name !== 'issues');
      message = batchMessage(beads.actor, issues, others);
    }
    return this.show(await commitAll(beads, message), ({ committed, hash }) =>
      committed ? `Created commit ${shortHash(hash)}` : 'Nothing to commit',
    );
  }
}
