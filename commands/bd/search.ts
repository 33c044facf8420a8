import { Args, Flags } from '@oclif/core';
import { SORT_KEYS, type SortKey } from '../../src/beads/query/filter.ts';
import { asksToList } from '../../src/beads/query/list.ts';
import { ALL_PARTS, type ListedIssue } from '../../src/beads/query/listed.ts';
import { searchIssues } from '../../src/beads/query/search.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { asksForAll, filterFlags, filterOf } from '../../src/cli/filter-flags.ts';
import { truncationNotice } from '../../src/cli/render/list.ts';
import { renderSearch } from '../../src/cli/render/search.ts';
import { AppError } from '../../src/errors.ts';

export default class Search extends BdCommand {
  static override summary = 'Search titles, ids and external references';
  static override examples = ['<%= config.bin %> search login', '<%= config.bin %> search "data loss" --status all'];
  static override args = { query: Args.string({ description: 'part of a title or an id' }) };
  static override flags = {
    query: Flags.string({ summary: 'the same as the argument', helpValue: 'TEXT' }),
    limit: Flags.integer({ char: 'n', summary: 'how many at most; 0 means all', default: 50, min: 0 }),
    sort: Flags.string({ summary: 'order', options: [...SORT_KEYS], default: 'priority' }),
    reverse: Flags.boolean({ char: 'r', summary: 'in reverse order' }),
    long: Flags.boolean({ summary: 'several lines for each issue' }),
    ...filterFlags,
  };

  async run(): Promise<Omit<ListedIssue, 'dependencies'>[]> {
    const { args, flags } = await this.parse(Search);
    const query = args.query ?? flags.query;
    if (!query) throw new AppError('VALIDATION', 'search query is required', { hint: 'bd search TEXT' });
    const beads = await this.open(flags, { write: false, ahead: asksToList });
    const { issues, more } = await searchIssues(beads, {
      query,
      filter: filterOf(flags, beads.now()),
      all: asksForAll(flags),
      // The parser has compared it with SORT_KEYS.
      sort: flags.sort as SortKey,
      reverse: flags.reverse,
      limit: flags.limit,
      parts: this.jsonEnabled() ? ALL_PARTS : { fields: flags.long, labels: true, dependencies: false, counts: false },
    });
    if (more) this.progress(truncationNotice(issues.length));
    const found = issues.map(({ dependencies: _dependencies, ...issue }) => issue);
    return this.showPaged(found, (shown, paint) => renderSearch(query, shown, flags.long, paint));
  }
}
