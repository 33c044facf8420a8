import { Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import {
  exitCodeOf,
  rigArgs,
  rigErrors,
  type StopResult,
  stoppedLine,
  timeoutFlag,
} from '../../../src/cli/rig-change.ts';
import { openTown } from '../../../src/open-town.ts';

export default class Stop extends GtCommand {
  static override summary = 'Stop the Dolt servers of rigs';
  static override description =
    'Sends SIGTERM and waits for the end. At the time-out it exits with 6 and the server goes on stopping. A server that gt did not start is left alone, unless its rig is named and --force is given.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> gastown --timeout 2m',
  ];
  static override strict = false;
  static override args = rigArgs;
  static override flags = {
    timeout: timeoutFlag(),
    force: Flags.boolean({ summary: 'after the time-out, kill it; transactions that are under way are lost' }),
  };

  async run(): Promise<StopResult> {
    const { argv, flags } = await this.parse(Stop);
    const { timeout, force = false } = flags;
    const results = await openTown({ dataDir: this.dataDir(flags) }).stop({
      rigs: argv.map(String),
      timeoutMs: timeout,
      force,
      signal: this.signal,
      onWarning: this.warner(),
      onRigDone: this.eachRig(stoppedLine),
    });
    process.exitCode = exitCodeOf(results);
    const rigs = results.map(({ status, forced }) => ({ ...status, forced }));
    return { rigs, ...rigErrors(results) };
  }
}
