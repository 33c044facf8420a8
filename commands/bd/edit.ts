import { Args, Flags } from '@oclif/core';
import { type EditableField, editIssue } from '../../src/beads/operations/edit.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { editText } from '../../src/cli/editor.ts';

export default class Edit extends BdCommand {
  static override summary = 'Edit a text of an issue in $EDITOR';
  static override args = { id: Args.string({ description: 'id of the issue', required: true }) };
  static override flags = {
    title: Flags.boolean({ summary: 'the title', exclusive: ['description', 'design', 'notes', 'acceptance'] }),
    description: Flags.boolean({ summary: 'the description (default)', exclusive: ['design', 'notes', 'acceptance'] }),
    design: Flags.boolean({ summary: 'the design', exclusive: ['notes', 'acceptance'] }),
    notes: Flags.boolean({ summary: 'the notes', exclusive: ['acceptance'] }),
    acceptance: Flags.boolean({ summary: 'the acceptance criteria' }),
  };

  async run() {
    const { args, flags } = await this.parse(Edit);
    const field: EditableField = flags.title
      ? 'title'
      : flags.design
        ? 'design'
        : flags.notes
          ? 'notes'
          : flags.acceptance
            ? 'acceptance_criteria'
            : 'description';
    const beads = await this.open(flags, { write: true });
    const { issue, changed } = await editText(field, (open) => editIssue(beads, args.id, field, open));
    return this.show(issue, ({ id }, paint) => {
      if (flags.quiet) return '';
      return changed ? `${paint('green', '✓')} Updated ${field} for issue: ${id}` : 'No changes made';
    });
  }
}
