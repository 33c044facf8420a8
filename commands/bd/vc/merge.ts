import { Args, Flags } from '@oclif/core';
import { mergeRevision } from '../../../src/beads/history/merge.ts';
import { MergeConflictError } from '../../../src/beads/history/merge-conflict.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { refusedMerge } from '../../../src/cli/refused-merge.ts';
import { renderMerge } from '../../../src/cli/render/vc-merge.ts';

export default class VcMerge extends BdCommand {
  static override summary = 'Merge another Dolt branch into this one';
  static override description =
    'Two changes of one issue go together unless they are of the same field. Then nothing is merged, and the fields are shown; with --strategy one side wins in these fields.';
  static override examples = ['<%= config.bin %> vc merge feat', '<%= config.bin %> vc merge feat --strategy theirs'];
  static override args = {
    branch: Args.string({ description: 'a branch, also of a remote (origin/main), a tag or a commit', required: true }),
  };
  static override flags = {
    strategy: Flags.option({
      summary: 'the side that wins: ours (this branch) or theirs (the other)',
      options: ['ours', 'theirs'] as const,
    })(),
    message: Flags.string({ char: 'm', summary: 'message of the merge commit' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(VcMerge);
    const beads = await this.open(flags, { write: true });
    const { strategy, message } = flags;
    try {
      const result = await mergeRevision(beads, { revision: args.branch, strategy, message });
      const document = { merged: args.branch, conflicts: result.resolved.length, ...result };
      return this.show(document, (_, paint) => renderMerge(args.branch, result, paint));
    } catch (error) {
      if (!(error instanceof MergeConflictError)) throw error;
      return refusedMerge(error, this.jsonEnabled());
    }
  }
}
