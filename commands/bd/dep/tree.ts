import { Args, Flags } from '@oclif/core';
import { dependencyTree, type TreeNode } from '../../../src/beads/query/dependency-tree.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { renderDependencyTree, renderMermaid } from '../../../src/cli/render/dependency-tree.ts';

export default class DepTree extends BdCommand {
  static override summary = 'Show the tree of what an issue depends on';
  static override args = { id: Args.string({ description: 'id of an issue', required: true }) };
  static override flags = {
    direction: Flags.string({
      summary: 'down: what it depends on; up: what depends on it',
      options: ['down', 'up', 'both'],
    }),
    reverse: Flags.boolean({ summary: 'the same as --direction up' }),
    'max-depth': Flags.integer({ char: 'd', summary: 'how many levels', default: 50, min: 1 }),
    'show-all-paths': Flags.boolean({ summary: 'show an issue wherever it is reached, not only once' }),
    status: Flags.string({ summary: 'only issues in this status, and the way to them', helpValue: 'STATUS' }),
    format: Flags.string({ summary: 'another form', options: ['mermaid'] }),
  };

  async run(): Promise<readonly TreeNode[]> {
    const { args, flags } = await this.parse(DepTree);
    const beads = await this.open(flags, { write: false });
    const tree = await dependencyTree(beads, args.id, {
      // The parser has compared it with the options.
      direction: (flags.direction as 'down' | 'up' | 'both' | undefined) ?? (flags.reverse ? 'up' : 'down'),
      maxDepth: flags['max-depth'],
      allPaths: flags['show-all-paths'],
      status: flags.status,
    });
    this.show(tree, flags.format === 'mermaid' ? renderMermaid : renderDependencyTree);
    return tree.nodes;
  }
}
