import { Flags } from '@oclif/core';
import { diffRevisions, type RevisionDiff } from '../../../src/beads/history/diff.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { pageOrPrint } from '../../../src/cli/pager.ts';
import { renderDiff } from '../../../src/cli/render/vc-diff.ts';
import { revisionArgs } from '../../../src/cli/revision-args.ts';

export default class VcDiff extends BdCommand {
  static override summary = 'Show what changed between two revisions, issue by issue';
  static override description =
    'A revision is a commit, the beginning of its hash, a branch, a tag, an ancestor (HEAD~1), WORKING or STAGED.';
  static override examples = [
    { description: 'What is not committed', command: '<%= config.bin %> vc diff' },
    { description: 'What the last commit did', command: '<%= config.bin %> vc diff HEAD~1 HEAD' },
    '<%= config.bin %> vc diff main feat --stat',
  ];
  static override args = revisionArgs;
  static override flags = {
    stat: Flags.boolean({ summary: 'one line for each issue' }),
    'no-pager': Flags.boolean({ summary: 'do not use a pager' }),
  };

  async run(): Promise<RevisionDiff> {
    const { args, flags } = await this.parse(VcDiff);
    const beads = await this.open(flags, { write: false });
    const diff = await diffRevisions(beads, args.from, args.to);
    if (!this.jsonEnabled()) {
      await pageOrPrint(renderDiff(diff, this.paint, flags), { off: flags['no-pager'], env: process.env });
    }
    return diff;
  }
}
