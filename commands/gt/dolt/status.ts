import { Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { renderStatus } from '../../../src/cli/render-status.ts';
import { rigArgs } from '../../../src/cli/rig-change.ts';
import { repeat } from '../../../src/cli/watch.ts';
import { EXIT } from '../../../src/errors.ts';
import { openTown } from '../../../src/open-town.ts';
import type { TownStatus } from '../../../src/supervisor/town-status.ts';

export default class Status extends GtCommand {
  static override summary = 'Show what the Dolt servers of rigs do';
  static override description =
    'Exits with 0 when all the rigs asked for run, else with 3. Works with a dead supervisor too. With --json, --watch prints one document a line.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'For scripts',
      command: '<%= config.bin %> <%= command.id %> --json | jq -r \'.rigs[] | .rig + " " + .state\'',
    },
    '<%= config.bin %> <%= command.id %> --watch',
  ];
  static override strict = false;
  static override args = rigArgs;
  static override flags = { watch: Flags.boolean({ char: 'w', summary: 'show it again every second, until Ctrl-C' }) };

  async run(): Promise<TownStatus | undefined> {
    const { argv, flags } = await this.parse(Status);
    const town = openTown({ dataDir: this.dataDir(flags) });
    const rigs = argv.map(String);
    const warn = this.warner();
    if (!flags.watch) return this.showStatus(await town.status(rigs, warn));
    await repeat(
      { everyMs: 1_000, signal: this.signal, clear: !this.jsonEnabled() && process.stdout.isTTY },
      async () => {
        const status = await town.status(rigs, warn);
        // One document on each line: a stream that jq reads.
        if (this.jsonEnabled()) this.print(JSON.stringify({ ...status, schema_version: 1 }));
        else this.print(renderStatus(status, this.paint));
      },
    );
    process.exitCode = EXIT.done;
    return undefined;
  }

  private showStatus(status: TownStatus): TownStatus {
    const running = status.rigs.length > 0 && status.rigs.every((rig) => rig.state === 'running');
    process.exitCode = running ? EXIT.done : EXIT.notRunning;
    return this.show(status, renderStatus);
  }
}
