import { Args } from '@oclif/core';
import { removeDependency } from '../../../src/beads/operations/dependencies.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { dependencyDocument, renderDependency } from '../../../src/cli/render-writes.ts';

export default class DepRemove extends BdCommand {
  static override summary = 'Take a dependency away';
  static override args = {
    issue: Args.string({ description: 'the issue that depends', required: true }),
    'depends-on': Args.string({ description: 'what it depends on', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(DepRemove);
    const beads = await this.open(flags, { write: true });
    const change = await removeDependency(beads, args.issue, args['depends-on']);
    return this.show(dependencyDocument({ ...change, type: '' }, 'removed'), (_document, paint) =>
      flags.quiet ? '' : renderDependency(change, 'removed', paint),
    );
  }
}
