import { Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { followLogs, type LogQuery, readLogs } from '../../../src/cli/log-query.ts';
import { logRenderer } from '../../../src/cli/render-logs.ts';
import { rigArgs } from '../../../src/cli/rig-change.ts';
import type { LogEntry } from '../../../src/dolt/log-lines.ts';
import { openTown } from '../../../src/open-town.ts';

/** The JSON of `gt dolt logs`; with `-f` one such line for each entry, without the frame. */
export interface LogsResult {
  lines: { rig: string; time: string | null; level: string; line: string }[];
}

export default class Logs extends GtCommand {
  static override summary = 'Show the logs of the Dolt servers';
  static override description =
    'Several rigs are merged by time. -f goes on across rotation and restarts; Ctrl-C is its normal end. With --json, -f prints one document a line.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> gastown -f',
    {
      description: 'What went wrong in the last ten minutes, in all rigs',
      command: '<%= config.bin %> <%= command.id %> --since 10m --level warn',
    },
  ];
  static override strict = false;
  static override args = rigArgs;
  static override flags = {
    lines: Flags.integer({ char: 'n', summary: 'how many of the last lines', default: 50, min: 0, helpValue: 'N' }),
    follow: Flags.boolean({ char: 'f', summary: 'go on with what is appended' }),
    since: Flags.string({ summary: 'only lines since then', helpValue: '10m|ISO' }),
    level: Flags.string({ summary: 'only lines of this level or above', helpValue: 'warn' }),
    supervisor: Flags.boolean({ summary: 'the log of the supervisor instead' }),
    sync: Flags.boolean({ summary: 'the logs of the scheduled syncs instead', exclusive: ['supervisor'] }),
  };

  async run(): Promise<LogsResult | undefined> {
    const { argv, flags } = await this.parse(Logs);
    const query: LogQuery = { ...flags, rigs: argv.map(String), now: Date.now() };
    const { paths } = openTown({ dataDir: this.dataDir(flags) });
    const read = await readLogs(paths, query);
    const { entries, sources } = read;
    const render = logRenderer(sources, this.paint);
    if (!flags.follow) {
      return this.show({ lines: entries.map(document) }, () => entries.map(render).join('\n'));
    }
    // Before the first line: whoever has seen it may press Ctrl-C.
    const { signal } = this;
    const show = (entry: LogEntry) => this.print(this.jsonEnabled() ? jsonLine(entry) : render(entry));
    entries.forEach(show);
    await followLogs(paths, query, read, show, signal);
    return undefined;
  }
}

function jsonLine(entry: LogEntry): string {
  return JSON.stringify({ ...document(entry), schema_version: 1 });
}

function document({ source, time, level, line }: LogEntry): LogsResult['lines'][number] {
  return { rig: source, time: time === 0 ? null : new Date(time).toISOString(), level, line };
}
