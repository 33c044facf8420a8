import { Args } from '@oclif/core';
import { addLabel } from '../../../src/beads/operations/labels.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { labelDocument, renderLabels } from '../../../src/cli/render-writes.ts';
import { AppError } from '../../../src/errors.ts';

export default class LabelAdd extends BdCommand {
  static override summary = 'Add a label to issues';
  static override usage = 'label add ID... LABEL';
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues, then the label', required: true }) };

  async run() {
    const { argv, flags } = await this.parse(LabelAdd);
    const ids = argv.map(String);
    const label = ids.pop();
    if (label === undefined || ids.length === 0) throw new AppError('USAGE', 'name the issues, then the label');
    const result = await addLabel(await this.open(flags, { write: true }), ids, label);
    this.partial(result.issues, result.failures, 'Error');
    return this.show(labelDocument(result, 'added'), (_document, paint) =>
      flags.quiet ? '' : renderLabels(result, 'added', paint),
    );
  }
}
