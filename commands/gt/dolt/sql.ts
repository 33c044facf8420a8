import { fstatSync } from 'node:fs';
import { Args, Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { assertReadable, sqlStatements } from '../../../src/cli/sql-statements.ts';
import { sqlTarget } from '../../../src/cli/sql-target.ts';
import { querySql, type SqlResult } from '../../../src/dolt/sql-results.ts';
import { runSqlShell, type SqlFormat } from '../../../src/dolt/sql-shell.ts';
import { openTown } from '../../../src/open-town.ts';
import { HQ_RIG } from '../../../src/town/rig-name.ts';

/** The JSON of `gt dolt sql`: `rows` are those of the last statement that has some. */
export interface SqlDocument {
  rig: string;
  rows: Record<string, unknown>[];
  results: SqlResult[];
}

export default class Sql extends GtCommand {
  static override summary = 'Open a SQL shell on a rig, or run statements';
  static override description =
    'Without statements and on a terminal: Dolt’s own SQL shell. Statements come from -q, from -f or from standard input. User and password: BEADS_DOLT_SERVER_USER, BEADS_DOLT_PASSWORD; else root, with the password that gt keeps. In JSON, of columns with the same name the second is name_2, and bytes are hexadecimal text: "0x00FF".';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> gastown -q "SELECT COUNT(*) FROM issues"',
    '<%= config.bin %> <%= command.id %> --format csv -f report.sql > report.csv',
  ];
  static override args = { rig: Args.string({ description: 'rig', default: HQ_RIG }) };
  static override flags = {
    query: Flags.string({ char: 'q', summary: 'statements to run', helpValue: 'QUERY', exclusive: ['file'] }),
    file: Flags.string({ char: 'f', summary: 'file of statements to run', helpValue: 'FILE' }),
    format: Flags.string({ summary: 'form of the results', options: ['table', 'json', 'csv', 'vertical'] }),
  };

  async run(): Promise<SqlDocument | undefined> {
    const { args, flags } = await this.parse(Sql);
    const town = openTown({ dataDir: this.dataDir(flags) });
    const target = await sqlTarget(town, args.rig, (text) => this.progress(text));
    if (this.jsonEnabled() || flags.format === 'json') {
      const sql = await sqlStatements(flags);
      const results = await querySql(target, sql, this.signal);
      const rows = results.flatMap((result) => ('rows' in result ? [result.rows] : [])).at(-1) ?? [];
      const document = { rig: args.rig, rows, results };
      if (!this.jsonEnabled()) this.logJson(this.toSuccessJson(document));
      return document;
    }
    if (flags.file !== undefined) await assertReadable(flags.file);
    const typed = flags.query === undefined && flags.file === undefined;
    const interactive = typed && process.stdin.isTTY === true;
    // Dolt takes each character device for a terminal; of those that are none, as /dev/null, nothing can be read.
    if (typed && !interactive && fstatSync(0).isCharacterDevice()) return undefined;
    const { path: doltBin } = await town.findDolt();
    const format = flags.format as SqlFormat | undefined;
    process.exitCode = await runSqlShell({
      ...target,
      paths: town.paths,
      doltBin,
      query: flags.query,
      file: flags.file,
      format,
      interactive,
      env: process.env,
    });
    return undefined;
  }
}
