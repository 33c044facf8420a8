import { Args, Flags } from '@oclif/core';
import { asksToList, listIssues } from '../../src/beads/query/list.ts';
import type { ListedIssue } from '../../src/beads/query/listed.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { listParts, listText } from '../../src/cli/list-text.ts';

export default class Children extends BdCommand {
  static override summary = 'List the children of an issue, closed ones too';
  static override args = { id: Args.string({ description: 'id of the parent', required: true }) };
  static override flags = {
    flat: Flags.boolean({ summary: 'one line for each issue' }),
    pretty: Flags.boolean({ summary: 'as a tree; this is the default' }),
  };

  async run(): Promise<readonly ListedIssue[]> {
    const { args, flags } = await this.parse(Children);
    const beads = await this.open(flags, { write: false, ahead: asksToList });
    const style = { ...flags, json: this.jsonEnabled(), long: false, tree: true };
    const { issues } = await listIssues(beads, {
      filter: { parent: args.id },
      all: true,
      includeGates: true,
      includeInfra: true,
      includeTemplates: true,
      limit: 0,
      parts: listParts(style),
    });
    if (!style.json) this.print(await listText(beads, issues, style, this.paint));
    return issues;
  }
}
