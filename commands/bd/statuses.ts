import { readKnownWords } from '../../src/beads/query/known-words.ts';
import { BUILT_IN_STATUSES, type BuiltInStatus, type StatusCategory } from '../../src/beads/vocabulary.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { padTo } from '../../src/cli/render/width.ts';

/** What `bd statuses --json` prints. */
export interface StatusesResult {
  built_in_statuses: readonly BuiltInStatus[];
  custom_statuses: { name: string; category: StatusCategory }[];
}

export default class Statuses extends BdCommand {
  static override summary = 'List the statuses that issues can have';

  async run(): Promise<StatusesResult> {
    const { flags } = await this.parse(Statuses);
    const beads = await this.open(flags, { write: false });
    const { customStatuses } = await readKnownWords(beads.db, beads);
    const custom = [...customStatuses].map(([name, category]) => ({ name, category }));
    return this.show({ built_in_statuses: BUILT_IN_STATUSES, custom_statuses: custom }, renderStatuses);
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
