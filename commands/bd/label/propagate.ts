import { Args } from '@oclif/core';
import { propagateLabel } from '../../../src/beads/operations/labels.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { labelDocument, renderLabels } from '../../../src/cli/render-writes.ts';

export default class LabelPropagate extends BdCommand {
  static override summary = 'Give a label to all children of an issue';
  static override args = {
    parent: Args.string({ description: 'the parent', required: true }),
    label: Args.string({ description: 'the label', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(LabelPropagate);
    const result = await propagateLabel(await this.open(flags, { write: true }), args.parent, args.label);
    return this.show(labelDocument(result, 'added'), (_document, paint) => {
      if (flags.quiet) return '';
      return result.issues.length === 0 ? `${args.parent} has no children` : renderLabels(result, 'added', paint);
    });
  }
}
