import { Args, Flags } from '@oclif/core';
import { importIssues } from '../../src/beads/transfer/import.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { openImport } from '../../src/cli/import-source.ts';
import { progressLine } from '../../src/cli/progress-line.ts';
import {
  cycleWarnings,
  type ImportDocument,
  importDocument,
  renderImport,
  statusWarning,
} from '../../src/cli/render/import.ts';

export default class Import extends BdCommand {
  static override summary = 'Read issues from JSONL, as `bd export` writes them';
  static override description =
    'All or nothing. Issues that are there get the fields that the file has, and keep the others; their labels, dependencies and comments are added to.';
  static override examples = ['<%= config.bin %> import issues.jsonl', 'other-bd export | <%= config.bin %> import -'];
  static override args = { file: Args.string({ description: 'a file; - for stdin; default .beads/issues.jsonl' }) };
  static override flags = {
    input: Flags.string({ char: 'i', summary: 'the same as the argument', helpValue: 'FILE' }),
    'dry-run': Flags.boolean({ summary: 'read and count, write nothing' }),
    dedup: Flags.boolean({ summary: 'pass over new issues whose title an open issue has already' }),
  };

  async run(): Promise<ImportDocument> {
    const { args, flags } = await this.parse(Import);
    const beads = await this.open(flags, { write: !flags['dry-run'] });
    const source = await openImport(args.file ?? flags.input, {
      directory: this.directory(flags),
      beadsDir: beads.beadsDir,
    });
    const progress = progressLine(process.stderr, flags.quiet);
    try {
      const result = await importIssues(beads, {
        open: source.open,
        source: source.name,
        dryRun: flags['dry-run'],
        dedup: flags.dedup,
        onProgress: ({ issues }) => progress.show(`Imported ${issues} issues`),
      });
      progress.clear();
      if (result.unknownStatuses.length > 0) this.progress(statusWarning(result.unknownStatuses));
      for (const warning of cycleWarnings(result.cycles)) this.progress(warning);
      const document = importDocument(result, source.path, flags['dry-run']);
      if (!this.jsonEnabled()) this.progress(renderImport(document));
      return document;
    } finally {
      progress.clear();
      await source.close();
    }
  }
}
