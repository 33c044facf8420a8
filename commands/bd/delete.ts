import { Args, Flags } from '@oclif/core';
import { deleteIssues, planDelete } from '../../src/beads/operations/delete.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { deleteDocument, previewDocument, renderDeleted, renderDeletePreview } from '../../src/cli/render-writes.ts';
import { readText } from '../../src/cli/text-input.ts';
import { AppError } from '../../src/errors.ts';

export default class Delete extends BdCommand {
  static override summary = 'Delete issues for good';
  static override description = 'Shows what would be deleted; --force deletes it, and takes whole ids only.';
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues' }) };
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'delete; issues that depend on them lose that dependency' }),
    cascade: Flags.boolean({ summary: 'delete also what depends on them' }),
    'dry-run': Flags.boolean({ summary: 'only show what would be deleted' }),
    'from-file': Flags.string({ summary: 'file with one id on each line (- is standard input)', helpValue: 'FILE' }),
  };

  async run() {
    const { argv, flags } = await this.parse(Delete);
    const listed = flags['from-file'] === undefined ? [] : (await readText(flags['from-file'])).split('\n');
    const ids = [
      ...argv.map(String),
      ...listed.map((line) => line.trim()).filter((line) => line && !line.startsWith('#')),
    ];
    if (ids.length === 0) throw new AppError('USAGE', 'no issue ID provided');
    const deletes = flags.force && !flags['dry-run'];
    const beads = await this.open(flags, { write: deletes });
    const options = { cascade: flags.cascade, force: flags.force };
    if (!deletes) {
      const plan = await planDelete(beads, ids, options);
      const command = ['bd delete', ...plan.named, ...(flags.cascade ? ['--cascade'] : []), '--force'].join(' ');
      return this.show(previewDocument(plan), (_document, paint) => renderDeletePreview(plan, command, paint));
    }
    const plan = await deleteIssues(beads, ids, options);
    const document = deleteDocument(plan, ids.length > 1 || flags.cascade);
    return this.show(document, (_document, paint) => (flags.quiet ? '' : renderDeleted(plan, paint)));
  }
}
