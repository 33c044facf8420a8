import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { exportTo } from '../../src/cli/export-to.ts';
import { progressLine } from '../../src/cli/progress-line.ts';

export default class Export extends BdCommand {
  static override summary = 'Write the issues as JSONL, one line for each';
  static override description = 'Closed issues are part of it. `bd import` reads all of it back.';
  static override enableJsonFlag = false;
  static override examples = ['<%= config.bin %> export -o issues.jsonl', '<%= config.bin %> export --all > all.jsonl'];
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: 'a file, replaced when all is written; default stdout',
      helpValue: 'FILE',
    }),
    all: Flags.boolean({ summary: 'also wisps and memories' }),
    'include-infra': Flags.boolean({ summary: 'also wisps: agents, rigs, roles, messages' }),
    'include-memories': Flags.boolean({ summary: 'also memories' }),
    scrub: Flags.boolean({ summary: 'leave out issues that look like leftovers of tests' }),
    json: Flags.boolean({ summary: 'JSONL is JSON: changes nothing', hidden: true }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Export);
    const beads = await this.open(flags, { write: false });
    const progress = progressLine(process.stderr, flags.quiet);
    const { issues } = await exportTo(
      beads,
      flags.output === undefined ? undefined : resolve(this.directory(flags), flags.output),
      {
        includeInfra: flags.all || flags['include-infra'],
        includeMemories: flags.all || flags['include-memories'],
        scrub: flags.scrub,
        // What would be left of a file that is not complete is removed.
        ...(flags.output === undefined ? {} : { signal: this.signal }),
        onRead: (count) => progress.show(`Read ${count} issues`),
      },
    );
    progress.clear();
    if (flags.output !== undefined) this.progress(`Exported ${issues} issues to ${flags.output}`);
  }
}
