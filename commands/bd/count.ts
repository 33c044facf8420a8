import { Flags } from '@oclif/core';
import { COUNT_GROUPS, countByGroup, countIssues, type GroupCount } from '../../src/beads/query/count.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { filterFlags, filterOf } from '../../src/cli/filter-flags.ts';

/** What `bd count --json` prints. */
export type CountResult = { count: number } | { groups: GroupCount[]; total: number };

const by = (group: string) =>
  Flags.boolean({
    summary: `in groups by ${group}`,
    exclusive: COUNT_GROUPS.filter((other) => other !== group).map((other) => `by-${other}`),
  });

export default class Count extends BdCommand {
  static override summary = 'Count issues, closed ones too';
  static override examples = ['<%= config.bin %> count --status open', '<%= config.bin %> count --by-status --json'];
  static override flags = {
    'by-status': by('status'),
    'by-type': by('type'),
    'by-priority': by('priority'),
    'by-assignee': by('assignee'),
    'by-label': by('label'),
    ...filterFlags,
  };

  async run(): Promise<CountResult> {
    const { flags } = await this.parse(Count);
    const beads = await this.open(flags, { write: false });
    const filter = filterOf(flags, beads.now());
    const total = await countIssues(beads, filter);
    const group = COUNT_GROUPS.find((each) => flags[`by-${each}`]);
    if (!group) return this.show({ count: total }, ({ count }) => String(count));
    const groups = await countByGroup(beads, group, filter);
    return this.show({ groups, total }, (result) =>
      [`Total: ${result.total}`, '', ...result.groups.map((each) => `${each.group}: ${each.count}`)].join('\n'),
    );
  }
}
