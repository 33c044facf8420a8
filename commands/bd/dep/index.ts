import { Args, Flags } from '@oclif/core';
import { addDependencies } from '../../../src/beads/operations/dependencies.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { nearest } from '../../../src/cli/nearest.ts';
import { dependencyDocument, renderDependency } from '../../../src/cli/render-writes.ts';
import { AppError } from '../../../src/errors.ts';

export default class Dep extends BdCommand {
  static override summary = 'Make an issue block another one';
  static override description =
    'The other commands of dependencies: dep add, remove, list, tree, cycles, relate, unrelate.';
  static override examples = ['<%= config.bin %> dep hm-a3f --blocks hm-b2c'];
  static override strict = false;
  static override usage = 'dep ID --blocks ID';
  static override args = { id: Args.string({ description: 'the issue that blocks', required: true }) };
  static override flags = {
    blocks: Flags.string({ char: 'b', summary: 'the issue that waits for it', helpValue: 'ID' }),
  };

  async run() {
    const { args, argv, flags } = await this.parse(Dep);
    if (flags.blocks === undefined || argv.length > 1) throw unknown(args.id);
    const beads = await this.open(flags, { write: true });
    const changes = await addDependencies(beads, [{ issue: flags.blocks, dependsOn: args.id }]);
    return this.show(changes.map((change) => dependencyDocument(change, 'added'))[0], (_document, paint) =>
      flags.quiet ? '' : changes.map((change) => renderDependency(change, 'added', paint)).join('\n'),
    );
  }
}

const BELOW = ['add', 'remove', 'list', 'tree', 'cycles', 'relate', 'unrelate'];

function unknown(word: string): AppError {
  const near = nearest(word.toLowerCase(), BELOW);
  if (near)
    return new AppError('USAGE', `unknown command "dep ${word}" for "bd"`, {
      hint: `did you mean \`bd dep ${near}\`?`,
    });
  return new AppError('USAGE', 'one issue and --blocks ID are needed', {
    hint: 'bd dep ID --blocks ID, or bd dep --help',
  });
}
