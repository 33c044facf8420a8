import { Args } from '@oclif/core';
import { removeLabel } from '../../../src/beads/operations/labels.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { labelDocument, renderLabels } from '../../../src/cli/render-writes.ts';
import { AppError } from '../../../src/errors.ts';

export default class LabelRemove extends BdCommand {
  static override summary = 'Take a label off issues';
  static override usage = 'label remove ID... LABEL';
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues, then the label', required: true }) };

  async run() {
    const { argv, flags } = await this.parse(LabelRemove);
    const ids = argv.map(String);
    const label = ids.pop();
    if (label === undefined || ids.length === 0) throw new AppError('USAGE', 'name the issues, then the label');
    const result = await removeLabel(await this.open(flags, { write: true }), ids, label);
    this.partial(result.issues, result.failures, 'Error');
    return this.show(labelDocument(result, 'removed'), (_document, paint) =>
      flags.quiet ? '' : renderLabels(result, 'removed', paint),
    );
  }
}
