import { Flags } from '@oclif/core';
import { bootstrapBeads } from '../../src/bootstrap-beads.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { progressLine } from '../../src/cli/progress-line.ts';
import { bootstrapDocument, renderBootstrap } from '../../src/cli/render/bootstrap.ts';

export default class Bootstrap extends BdCommand {
  static override summary = 'Make the database of a fresh clone, as the first command does by itself';
  static override description =
    'From the remote that sync.remote or dolt.remote names, from git’s origin where it carries issues, or new where there is neither. A database that is there is left as it is, and issues.jsonl is not read: that is bd import.';
  static override examples = ['<%= config.bin %> bootstrap --dry-run', '<%= config.bin %> bootstrap'];
  static override flags = {
    'dry-run': Flags.boolean({ summary: 'show the plan, do nothing' }),
    yes: Flags.boolean({ char: 'y', summary: 'ask nothing (bootstrap never does)' }),
    'non-interactive': Flags.boolean({ summary: 'the same', hidden: true }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Bootstrap);
    if (!flags['dry-run']) this.refuseReadonly(flags);
    const progress = progressLine(process.stderr, flags.quiet);
    const report = await bootstrapBeads({
      dir: this.directory(flags),
      db: flags.db,
      actor: flags.actor,
      dryRun: flags['dry-run'],
      onStep: process.env['BD_DEBUG'] ? (text) => this.progress(`bootstrap: ${text}`) : undefined,
      onProgress: (text) => progress.show(text),
    }).finally(() => progress.clear());
    return this.show(bootstrapDocument(report, flags['dry-run']), renderBootstrap);
  }
}
