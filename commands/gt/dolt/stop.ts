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
import type { Paint } from '../../../src/cli/style.ts';
import { openTown } from '../../../src/open-town.ts';
import type { RigResult } from '../../../src/supervisor/town-options.ts';

/** The JSON of `stop`; `also_stopped` only where a server that was started by hand had other rigs too. */
export interface StopDocument extends StopResult {
  rigs: (StopResult['rigs'][number] & { also_stopped?: readonly string[] })[];
}

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

  async run(): Promise<StopDocument> {
    const { argv, flags } = await this.parse(Stop);
    const { timeout, force = false } = flags;
    const results = await openTown({ dataDir: this.dataDir(flags) }).stop({
      rigs: argv.map(String),
      timeoutMs: timeout,
      force,
      signal: this.signal,
      onWarning: this.warner(),
      onRigDone: this.eachRig(stoppedLines),
    });
    process.exitCode = exitCodeOf(results);
    const rigs = results.map(({ status, forced, alsoStopped = [] }) => ({
      ...{ ...status, forced },
      ...(alsoStopped.length > 0 ? { also_stopped: alsoStopped } : {}),
    }));
    return { rigs, ...rigErrors(results) };
  }
}

function stoppedLines(result: RigResult, paint: Paint): string {
  const { status, alsoStopped = [] } = result;
  const others = alsoStopped.map((rig) => `${paint('dim', '○')} ${rig}  went down with ${status.rig}: the same server`);
  return [stoppedLine(result, paint), ...others].join('\n');
}
