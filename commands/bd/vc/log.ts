import { Args, Flags } from '@oclif/core';
import { type Commit, readLog } from '../../../src/beads/history/log.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { pageOrPrint } from '../../../src/cli/pager.ts';
import { olderNotice, renderLog } from '../../../src/cli/render/vc-log.ts';

export default class VcLog extends BdCommand {
  static override summary = 'Show the Dolt commits, newest first';
  static override examples = [
    '<%= config.bin %> vc log',
    '<%= config.bin %> vc log -n 5 --oneline',
    { description: 'The next page', command: '<%= config.bin %> vc log -n 20 --skip 20' },
  ];
  static override args = {
    revision: Args.string({ description: 'where to start: a branch, tag or commit (default HEAD)' }),
  };
  static override flags = {
    limit: Flags.integer({ char: 'n', summary: 'how many at most; 0 means all', default: 20, min: 0 }),
    skip: Flags.integer({ summary: 'how many to leave out first', default: 0, min: 0 }),
    oneline: Flags.boolean({ summary: 'one line for each' }),
    'no-pager': Flags.boolean({ summary: 'do not use a pager' }),
  };

  async run(): Promise<readonly Commit[]> {
    const { args, flags } = await this.parse(VcLog);
    const beads = await this.open(flags, { write: false });
    const { limit, skip } = flags;
    const page = await readLog(beads, { revision: args.revision, limit, skip });
    if (!this.jsonEnabled()) {
      const text = renderLog(page, this.paint, flags);
      await pageOrPrint(text, { off: flags['no-pager'], env: process.env });
    }
    if (page.more) this.progress(olderNotice(page.commits.length, skip));
    return page.commits;
  }
}
