import { Flags } from '@oclif/core';
import { runBatch } from '../../src/beads/operations/batch.ts';
import { parseBatch } from '../../src/beads/operations/batch-script.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { readText } from '../../src/cli/text-input.ts';

export default class Batch extends BdCommand {
  static override summary = 'Do many operations in one transaction: all or none';
  static override description = `One operation on each line of standard input:
  create TYPE PRIORITY TITLE...
  update ID KEY=VALUE...
  close ID [REASON...]
  reopen ID [REASON...]
  claim ID
  comment ID TEXT...
  label add|remove ID LABEL
  dep add ID DEPENDS_ON [TYPE]
  dep remove ID DEPENDS_ON`;
  static override examples = [
    `printf 'close hm-a3f done\\nupdate hm-b2c status=in_progress\\n' | <%= config.bin %> batch`,
  ];
  static override flags = {
    file: Flags.string({ char: 'f', summary: 'read the operations from a file', helpValue: 'FILE', default: '-' }),
    message: Flags.string({ char: 'm', summary: 'message of the Dolt commit' }),
    'dry-run': Flags.boolean({ summary: 'only check the lines' }),
  };

  async run() {
    const { flags } = await this.parse(Batch);
    const operations = parseBatch(await readText(flags.file), new Date());
    const beads = flags['dry-run'] ? undefined : await this.open(flags, { write: true });
    const results = beads
      ? await runBatch(beads, operations, flags.message === undefined ? {} : { message: flags.message })
      : operations.map(({ line, verb }) => ({ line, verb }));
    const document = { operations: results.length, results, ...(beads ? {} : { dry_run: true }) };
    return this.show(document, (_document, paint) => {
      if (flags.quiet) return '';
      if (!beads) return `Would run ${results.length} operation(s)`;
      return `${paint('green', '✓')} Ran ${results.length} operation(s) in one transaction`;
    });
  }
}
