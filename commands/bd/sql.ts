import { text } from 'node:stream/consumers';
import { Args, Flags } from '@oclif/core';
import { runSql, writesSql } from '../../src/beads/operations/sql.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderSql, sqlCsv, sqlDocument } from '../../src/cli/render-sql.ts';

export default class Sql extends BdCommand {
  static override summary = 'Run one SQL statement on the database of the issues';
  static override description = 'Works embedded and on a server. With `-` the statement comes from standard input.';
  static override examples = [
    '<%= config.bin %> sql "SELECT status, COUNT(*) AS n FROM issues GROUP BY status"',
    '<%= config.bin %> sql --csv "SELECT id, title FROM issues" > issues.csv',
  ];
  static override args = { query: Args.string({ description: 'the statement', required: true }) };
  static override flags = { csv: Flags.boolean({ summary: 'print comma-separated values' }) };

  async run() {
    const { args, flags } = await this.parse(Sql);
    const sql = args.query === '-' ? await text(process.stdin) : args.query;
    const beads = await this.open(flags, { write: writesSql(sql) });
    const answer = await runSql(beads, sql);
    return this.show(sqlDocument(answer), () => (flags.csv ? sqlCsv(answer) : renderSql(answer)));
  }
}
