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

export default class Restart extends GtCommand {
  static override summary = 'Stop and start the Dolt servers of rigs';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> gastown'];
  static override strict = false;
  static override args = rigArgs;
  static override flags = { timeout: timeoutFlag() };

  async run(): Promise<StartResult> {
    const { argv, flags } = await this.parse(Restart);
    const results = await openTown({ dataDir: this.dataDir(flags) }).restart({
      rigs: argv.map(String),
      timeoutMs: flags.timeout,
      signal: this.signal,
      onRigDone: this.eachRig(startedLine),
    });
    process.exitCode = exitCodeOf(results);
    const rigs = results.map(({ status, tookMs }) => ({ ...status, ready_ms: Math.round(tookMs) }));
    return { rigs, ...rigErrors(results) };
  }
}
