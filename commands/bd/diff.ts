import { Flags } from '@oclif/core';
import { diffRevisions } from '../../src/beads/history/diff.ts';
import type { Change } from '../../src/beads/history/row-changes.ts';
import type { Issue } from '../../src/beads/issue.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { pageOrPrint } from '../../src/cli/pager.ts';
import { renderDiff } from '../../src/cli/render/vc-diff.ts';
import { revisionArgs } from '../../src/cli/revision-args.ts';

/** One issue whose own row differs. The keys are those of the Go `bd`. */
export interface DiffEntry {
  IssueID: string;
  DiffType: Change;
  OldValue: Issue | null;
  NewValue: Issue | null;
}

export default class Diff extends BdCommand {
  static override summary = 'Show what changed between two revisions, issue by issue';
  static override description =
    'The text is that of `bd vc diff`. The JSON has the fields of the issues only: `bd vc diff --json` has all.';
  static override examples = ['<%= config.bin %> diff HEAD~1 HEAD'];
  static override args = revisionArgs;
  static override flags = {
    stat: Flags.boolean({ summary: 'one line for each issue' }),
    'no-pager': Flags.boolean({ summary: 'do not use a pager' }),
  };

  async run(): Promise<DiffEntry[]> {
    const { args, flags } = await this.parse(Diff);
    const beads = await this.open(flags, { write: false });
    const diff = await diffRevisions(beads, args.from, args.to);
    if (!this.jsonEnabled()) {
      await pageOrPrint(renderDiff(diff, this.paint, flags), { off: flags['no-pager'], env: process.env });
    }
    return diff.issues
      .filter(({ before, after }) => before !== undefined || after !== undefined)
      .map(({ id, change, before, after }) => ({
        IssueID: id,
        DiffType: change,
        OldValue: before ?? null,
        NewValue: after ?? null,
      }));
  }
}
