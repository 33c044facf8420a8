import { Flags } from '@oclif/core';
import { listDependencies } from '../../../src/beads/query/dependency-list.ts';
import type { Direction, LinkedIssue } from '../../../src/beads/query/links.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { renderDependencies } from '../../../src/cli/render/dependencies.ts';
import { AppError } from '../../../src/errors.ts';

/** An issue; of one that this database does not hold, such as an external one, only id and kind are known. */
export type ListedDependency = LinkedIssue | Pick<LinkedIssue, 'id' | 'dependency_type'>;

export default class DepList extends BdCommand {
  static override summary = 'List what issues depend on, or what depends on them';
  static override strict = false;
  static override usage = 'dep list ID...';
  static override flags = {
    direction: Flags.string({
      summary: 'down: what it depends on; up: what depends on it',
      options: ['down', 'up'],
      default: 'down',
    }),
    type: Flags.string({ char: 't', summary: 'only dependencies of this kind', helpValue: 'TYPE' }),
  };

  async run(): Promise<ListedDependency[]> {
    const { argv, flags } = await this.parse(DepList);
    if (argv.length === 0) throw new AppError('USAGE', 'no issue id given', { hint: 'bd dep list ID' });
    const beads = await this.open(flags, { write: false });
    // The parser has compared it with the options.
    const direction = flags.direction as Direction;
    const { lists, failures } = await listDependencies(beads, argv.map(String), { direction, type: flags.type });
    this.partial(lists, failures);
    this.show(lists, (shown, paint) => renderDependencies(shown, direction, paint));
    return lists.flatMap(({ links, elsewhere }) => [
      ...links,
      ...elsewhere.map(({ depends_on_id, type: kind }) => ({ id: depends_on_id, dependency_type: kind })),
    ]);
  }
}
