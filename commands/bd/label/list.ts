import { Args } from '@oclif/core';
import { labelsOf } from '../../../src/beads/query/label-list.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { oneLine } from '../../../src/cli/render/marks.ts';

export default class LabelList extends BdCommand {
  static override summary = 'List the labels of an issue';
  static override args = { id: Args.string({ description: 'id of an issue', required: true }) };

  async run(): Promise<string[]> {
    const { args, flags } = await this.parse(LabelList);
    const { id, labels } = await labelsOf(await this.open(flags, { write: false }), args.id);
    return this.show(labels, () =>
      labels.length === 0
        ? `${id} has no labels`
        : [`🏷 Labels for ${id}:`, ...labels.map((label) => `  - ${oneLine(label)}`)].join('\n'),
    );
  }
}
