import { Args, Flags } from '@oclif/core';
import { asksToCreate, createIssue } from '../../src/beads/operations/create.ts';
import { parsePriority } from '../../src/beads/operations/new-issue.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { REPEATED } from '../../src/cli/repeated.ts';
import { splitList } from '../../src/cli/text-input.ts';

export default class Q extends BdCommand {
  static override summary = 'Create an issue quickly: prints only its id';
  static override strict = false;
  static override args = { title: Args.string({ description: 'words of the title', required: true }) };
  static override flags = {
    type: Flags.string({ char: 't', summary: 'bug, feature, task, …', default: 'task' }),
    priority: Flags.string({ char: 'p', summary: '0 to 4, or P0 to P4', default: '2' }),
    labels: Flags.string({ char: 'l', summary: 'labels, with commas between', ...REPEATED }),
  };

  async run() {
    const { argv, flags } = await this.parse(Q);
    const priority = parsePriority(flags.priority);
    const issue = await createIssue(await this.open(flags, { write: true, ahead: asksToCreate }), {
      title: argv.join(' '),
      issue_type: flags.type,
      priority,
      labels: splitList(flags.labels),
    });
    return this.show(issue, ({ id }) => id);
  }
}
