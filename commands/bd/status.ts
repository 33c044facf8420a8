import { Flags } from '@oclif/core';
import { type RecentActivity, type Statistics, status } from '../../src/beads/query/stats.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderStatistics } from '../../src/cli/render/statistics.ts';

/** What `bd stats --json` prints. */
export interface StatusResult {
  summary: Statistics;
  recent_activity?: RecentActivity;
}

export default class Status extends BdCommand {
  static override summary = 'Show figures about the issues';
  static override flags = {
    all: Flags.boolean({ summary: 'all issues; this is the default' }),
    assigned: Flags.boolean({ summary: 'only what is assigned to you' }),
    'no-activity': Flags.boolean({ summary: 'without what happened in the last 24 hours' }),
  };

  async run(): Promise<StatusResult> {
    const { flags } = await this.parse(Status);
    const beads = await this.open(flags, { write: false });
    const whose = flags.assigned ? { assignee: beads.actor } : {};
    return this.show(await status(beads, { ...whose, activity: !flags['no-activity'] }), renderStatistics);
  }
}
