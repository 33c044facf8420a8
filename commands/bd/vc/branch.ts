import { Args, Flags } from '@oclif/core';
import { createBranch, deleteBranch, listBranches } from '../../../src/beads/history/branches.ts';
import { shortHash } from '../../../src/beads/history/revision.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import type { BdFlags } from '../../../src/cli/bd-flags.ts';
import { branchesDocument, renderBranches } from '../../../src/cli/render/vc-branch.ts';
import { AppError } from '../../../src/errors.ts';

export default class VcBranch extends BdCommand {
  static override summary = 'List Dolt branches, make or delete one';
  static override description =
    'bd works on one branch and does not switch: a branch keeps a state, or what a peer sent.';
  static override examples = [
    '<%= config.bin %> vc branch',
    '<%= config.bin %> vc branch before-cleanup',
    '<%= config.bin %> vc branch --delete before-cleanup',
  ];
  static override args = {
    name: Args.string({ description: 'the branch to make' }),
    start: Args.string({ description: 'where it begins (default HEAD)' }),
  };
  static override flags = {
    delete: Flags.string({ char: 'd', summary: 'delete this branch', helpValue: 'NAME' }),
    force: Flags.boolean({ summary: 'delete it although it has commits that are nowhere else', dependsOn: ['delete'] }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(VcBranch);
    if (flags.delete !== undefined) return this.remove(flags.delete, flags.force, flags, args.name);
    if (args.name !== undefined) return this.make(args.name, args.start, flags);
    const beads = await this.open(flags, { write: false });
    return this.show(branchesDocument(await listBranches(beads)), renderBranches);
  }

  private async make(name: string, start: string | undefined, flags: BdFlags) {
    const beads = await this.open(flags, { write: true });
    const hash = await createBranch(beads, name, start);
    return this.show({ created: name, hash }, () => `Created branch: ${name}`);
  }

  private async remove(name: string, force: boolean, flags: BdFlags, other: string | undefined) {
    if (other !== undefined) throw new AppError('USAGE', `--delete takes one branch, and "${other}" is one more`);
    const beads = await this.open(flags, { write: true });
    const hash = await deleteBranch(beads, name, { force });
    return this.show({ deleted: name, hash }, () => `Deleted branch: ${name} (was ${shortHash(hash)})`);
  }
}
