import { Args, Flags } from '@oclif/core';
import { bytesText } from '../../../src/cli/bytes-text.ts';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import type { Paint } from '../../../src/cli/style.ts';
import { openTown } from '../../../src/open-town.ts';
import type { CollectedRig } from '../../../src/supervisor/upkeep/collect-garbage.ts';
import { formatDuration } from '../../../src/util/duration.ts';

/** The JSON of `gt dolt gc`. */
export interface GcResult {
  rigs: CollectedRig[];
}

export default class Gc extends GtCommand {
  static override summary = 'Give back the disk space that no branch or commit needs any more';
  static override description =
    'Safe while the server runs and others write. Works on stopped rigs too. Dolt also does it by itself when a database has grown.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> gastown --full',
  ];
  static override args = { rig: Args.string({ description: 'rig; all configured ones when left out' }) };
  static override flags = {
    full: Flags.boolean({ summary: 'look at everything, not only at what is new since the last time' }),
  };

  async run(): Promise<GcResult> {
    const { args, flags } = await this.parse(Gc);
    const town = openTown({ dataDir: this.dataDir(flags) });
    const rigs = await town.collectGarbage({ rigs: args.rig === undefined ? [] : [args.rig], full: flags.full });
    return this.show({ rigs }, (result, paint) => result.rigs.map((rig) => line(rig, paint)).join('\n'));
  }
}

function line({ rig, bytes_before, bytes_after, took_ms }: CollectedRig, paint: Paint): string {
  const sizes = `${bytesText(bytes_before)} -> ${bytesText(bytes_after)}`;
  return `${paint('green', '✓')} ${rig}  ${sizes}  in ${formatDuration(took_ms)}`;
}
