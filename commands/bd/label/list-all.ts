import { allLabels, type LabelCount } from '../../../src/beads/query/label-list.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { displayWidth, padTo } from '../../../src/cli/render/width.ts';

export default class LabelListAll extends BdCommand {
  static override summary = 'List every label and how many issues have it';

  async run(): Promise<LabelCount[]> {
    const { flags } = await this.parse(LabelListAll);
    return this.show(await allLabels(await this.open(flags, { write: false })), renderLabels);
  }
}

function renderLabels(labels: readonly LabelCount[]): string {
  if (labels.length === 0) return 'No labels found in database';
  const width = Math.max(...labels.map(({ label }) => displayWidth(label)));
  const lines = labels.map(({ label, count }) => `  ${padTo(label, width)}  (${count} issues)`);
  return [`🏷 All labels (${labels.length} unique):`, ...lines].join('\n');
}
