import { Flags } from '@oclif/core';
import { runForeground } from '../../../src/cli/foreground.ts';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import {
  exitCodeOf,
  rigArgs,
  rigErrors,
  type StartResult,
  startedLine,
  timeoutFlag,
} from '../../../src/cli/rig-change.ts';
import { openTown } from '../../../src/open-town.ts';
import { changedSettings } from '../../../src/supervisor/changed-settings.ts';

const port = (summary: string) => Flags.integer({ summary, min: 1, max: 65_535, helpValue: 'N' });

export default class Start extends GtCommand {
  static override summary = 'Start the Dolt servers of rigs, and keep them running';
  static override description =
    'Starts one dolt sql-server per rig under a supervisor, which starts it again when it dies. With an empty data dir the HQ rig "beads" is made first, on port 3307. Safe to repeat: what runs is left alone.';
  static override examples = [
    { description: 'All configured rigs', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'One rig, on a port of your choice, kept in gt.yaml',
      command: '<%= config.bin %> <%= command.id %> gastown --port 3320',
    },
    {
      description: 'Sync with other towns: SQL on 3306, remotesapi on 8080, with a certificate and a password',
      command: '<%= config.bin %> <%= command.id %> --federation',
    },
    { description: 'For systemd, launchd and containers', command: '<%= config.bin %> <%= command.id %> --foreground' },
  ];
  static override strict = false;
  static override args = rigArgs;
  static override flags = {
    port: port('port of the one rig that is named; kept in gt.yaml'),
    'remotesapi-port': port(
      'port of its remotesapi, for clone, push and pull, open to other machines: needs TLS and passwords; kept in gt.yaml',
    ),
    federation: Flags.boolean({ summary: 'open the rig to other towns: ports 3306 and 8080, TLS, passwords' }),
    timeout: timeoutFlag(),
    foreground: Flags.boolean({ summary: 'run the supervisor in the foreground; Ctrl-C stops the servers' }),
  };

  async run(): Promise<StartResult> {
    const { argv, flags } = await this.parse(Start);
    const options = {
      rigs: argv.map(String),
      port: flags.port,
      remotesapiPort: flags['remotesapi-port'],
      federation: flags.federation,
      timeoutMs: flags.timeout,
      signal: this.signal,
      onRigDone: this.eachRig(startedLine),
      onCreated: (rig: string) => this.progress(`made the database of rig "${rig}"`),
      onClosed: (message: string) => this.progress(message),
      onKept: (message: string) => this.progress(message),
    };
    const town = openTown({ dataDir: this.dataDir(flags) });
    const results = flags.foreground
      ? await runForeground(town, options, (text) => this.progress(text))
      : await town.start(options);
    if (!flags.foreground) {
      for (const warning of await changedSettings(town.paths, results)) this.progress(`Warning: ${warning}`);
    }
    process.exitCode = exitCodeOf(results);
    const rigs = results.map(({ status, tookMs }) => ({ ...status, ready_ms: Math.round(tookMs) }));
    return { rigs, ...rigErrors(results) };
  }
}
