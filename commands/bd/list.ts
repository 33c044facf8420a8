import { Flags } from '@oclif/core';
import { changeSignal } from '../../src/beads/query/change-signal.ts';
import { SORT_KEYS, type SortKey } from '../../src/beads/query/filter.ts';
import { asksToList, type ListOptions, listIssues } from '../../src/beads/query/list.ts';
import type { ListedIssue } from '../../src/beads/query/listed.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { asksForAll, filterFlags, filterOf } from '../../src/cli/filter-flags.ts';
import { type ListStyle, listParts, listText } from '../../src/cli/list-text.ts';
import { pageOrPrint } from '../../src/cli/pager.ts';
import { truncationNotice } from '../../src/cli/render/list.ts';
import { repeatOnChange } from '../../src/cli/watch-database.ts';

export default class List extends BdCommand {
  static override summary = 'List issues';
  static override examples = [
    '<%= config.bin %> list --status open --label ui',
    '<%= config.bin %> list --created-after -7d --sort created --flat',
    '<%= config.bin %> list --all --limit 0 --json',
  ];
  static override flags = {
    all: Flags.boolean({ summary: 'also closed and pinned issues' }),
    ready: Flags.boolean({ summary: 'only what can be worked on now' }),
    'include-gates': Flags.boolean({ summary: 'also gates' }),
    'include-infra': Flags.boolean({ summary: 'also agents, rigs, roles and messages' }),
    'include-templates': Flags.boolean({ summary: 'also templates' }),
    limit: Flags.integer({ char: 'n', summary: 'how many at most; 0 means all', default: 50, min: 0 }),
    sort: Flags.string({ summary: 'order', options: [...SORT_KEYS], default: 'priority' }),
    reverse: Flags.boolean({ char: 'r', summary: 'in reverse order' }),
    tree: Flags.boolean({ summary: 'children under their parents', default: true, allowNo: true }),
    flat: Flags.boolean({ summary: 'one line for each issue' }),
    pretty: Flags.boolean({ summary: 'the same as --tree' }),
    long: Flags.boolean({ summary: 'several lines for each issue' }),
    format: Flags.string({ summary: "digraph, dot, or a template: '{{.ID}} {{.Title}}'", helpValue: 'FORMAT' }),
    'no-pager': Flags.boolean({ summary: 'do not use a pager' }),
    watch: Flags.boolean({ char: 'w', summary: 'show again whenever something changes, until Ctrl-C' }),
    ...filterFlags,
  };

  async run(): Promise<readonly ListedIssue[] | undefined> {
    const { flags } = await this.parse(List);
    const beads = await this.open(flags, { write: false, ahead: asksToList });
    const style: ListStyle = { ...flags, json: this.jsonEnabled() };
    const options: ListOptions = {
      filter: filterOf(flags, beads.now()),
      all: flags.all || asksForAll(flags),
      ready: flags.ready,
      includeGates: flags['include-gates'],
      includeInfra: flags['include-infra'],
      includeTemplates: flags['include-templates'],
      // The parser has compared it with SORT_KEYS.
      sort: flags.sort as SortKey,
      reverse: flags.reverse,
      limit: flags.limit,
      parts: listParts(style),
    };
    const show = async () => {
      const { issues, more } = await listIssues(beads, options);
      if (!style.json) {
        const text = await listText(beads, issues, style, this.paint);
        await pageOrPrint(text, { off: flags['no-pager'] || flags.watch, env: process.env });
      }
      if (more) this.progress(truncationNotice(issues.length));
      return issues;
    };
    if (!flags.watch || style.json) return show();
    await repeatOnChange(() => changeSignal(beads.db), show, this.signal);
    return undefined;
  }
}
