import { databasePath } from '../../src/beads/workspace/describe.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';

export interface InfoResult {
  database_path: string;
  mode: 'embedded' | 'server';
  issue_count: number;
  issue_prefix: string;
  actor: string;
  dolt_version: string;
}

export default class Info extends BdCommand {
  static override summary = 'Show the database, how many issues it has, and who acts';

  async run(): Promise<InfoResult> {
    const { flags } = await this.parse(Info);
    const beads = await this.open(flags, { write: false });
    const [row] = await beads.db.query(
      "SELECT (SELECT COUNT(*) FROM issues) AS n, (SELECT value FROM config WHERE `key` = 'issue_prefix') AS prefix, DOLT_VERSION() AS version",
    );
    const result: InfoResult = {
      database_path: databasePath(beads.location),
      mode: beads.db.mode,
      issue_count: Number(row?.['n'] ?? 0),
      issue_prefix: String(row?.['prefix'] ?? ''),
      actor: beads.actor,
      dolt_version: String(row?.['version'] ?? ''),
    };
    return this.show(result, render);
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
