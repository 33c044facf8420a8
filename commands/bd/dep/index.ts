import { Args, Flags } from '@oclif/core';
import { addDependencies } from '../../../src/beads/operations/dependencies.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { dependencyDocument, renderDependency } from '../../../src/cli/render-writes.ts';

export default class Dep extends BdCommand {
  static override summary = 'Make an issue block another one';
  static override description =
    'The other commands of dependencies: dep add, remove, list, tree, cycles, relate, unrelate.';
  static override examples = ['<%= config.bin %> dep hm-a3f --blocks hm-b2c'];
  static override args = { id: Args.string({ description: 'the issue that blocks', required: true }) };
  static override flags = {
    blocks: Flags.string({ char: 'b', summary: 'the issue that waits for it', helpValue: 'ID', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(Dep);
    const beads = await this.open(flags, { write: true });
    const changes = await addDependencies(beads, [{ issue: flags.blocks, dependsOn: args.id }]);
    return this.show(changes.map((change) => dependencyDocument(change, 'added'))[0], (_document, paint) =>
      flags.quiet ? '' : changes.map((change) => renderDependency(change, 'added', paint)).join('\n'),
    );
  }
}
