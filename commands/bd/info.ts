import { databaseInformation, type InfoResult } from '../../src/beads/workspace/information.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export default class Info extends BdCommand {
  static override summary = 'Show the database, how many issues it has, and who acts';

  async run(): Promise<InfoResult> {
    const { flags } = await this.parse(Info);
    const beads = await this.open(flags, { write: false });
    return this.show(await databaseInformation(beads), render);
  }
}

function render(result: InfoResult): string {
  return [
    `Database: ${result.database_path}`,
    `Mode: ${result.mode}`,
    `Issues: ${result.issue_count}`,
    `Prefix: ${result.issue_prefix}`,
    `Actor: ${result.actor}`,
    `Dolt: ${result.dolt_version}`,
  ].join('\n');
}
