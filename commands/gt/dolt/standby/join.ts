import { Args, Flags } from '@oclif/core';
import { GtCommand } from '../../../../src/cli/gt-command.ts';
import { openTown } from '../../../../src/open-town.ts';
import { readBundle } from '../../../../src/supervisor/standby/bundle.ts';
import { joinCluster } from '../../../../src/supervisor/standby/join-cluster.ts';

export default class StandbyJoin extends GtCommand {
  static override summary = 'Make this town keep a hot standby of another town’s rig';
  static override description = 'With the file that gt dolt standby add made. Delete it afterwards: it holds secrets.';
  static override examples = ['<%= config.bin %> <%= command.id %> beads-db2.json'];
  static override args = { file: Args.string({ description: 'file of the primary', required: true }) };
  static override flags = {
    port: Flags.integer({ summary: 'port of its SQL server', min: 1, max: 65_535, helpValue: 'N' }),
  };

  async run(): Promise<{ rig: string; port: number }> {
    const { args, flags } = await this.parse(StandbyJoin);
    const bundle = await readBundle(args.file);
    const town = openTown({ dataDir: this.dataDir(flags) });
    const { path: doltBin } = await town.findDolt();
    const port = await joinCluster({ paths: town.paths, bundle, port: flags.port, doltBin, env: process.env });
    return this.show(
      { rig: bundle.rig, port },
      ({ rig }) => `rig "${rig}" is a standby; start it: gt dolt start ${rig}`,
    );
  }
}
