import { listStatuses, type StatusesResult } from '../../src/beads/query/words.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { padTo } from '../../src/cli/render/width.ts';

export default class Statuses extends BdCommand {
  static override summary = 'List the statuses that issues can have';

  async run(): Promise<StatusesResult> {
    const { flags } = await this.parse(Statuses);
    const beads = await this.open(flags, { write: false });
    return this.show(await listStatuses(beads), renderStatuses);
  }
}

function renderStatuses(result: StatusesResult): string {
  const builtIn = result.built_in_statuses.map(
    ({ icon, name, category, description }) =>
      `  ${padTo(icon, 2)} ${name.padEnd(12)} ${`[${category}]`.padEnd(10)}${description}`,
  );
  const custom = result.custom_statuses.map(({ name, category }) => `     ${name.padEnd(12)} [${category}]`);
  return ['Built-in statuses:', ...builtIn, ...(custom.length > 0 ? ['', 'Custom statuses:', ...custom] : [])].join(
    '\n',
  );
}
