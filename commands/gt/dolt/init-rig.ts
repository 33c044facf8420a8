import { Args, Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { openTown } from '../../../src/open-town.ts';
import { initRig } from '../../../src/supervisor/init-rig.ts';
import type { ListedRig } from '../../../src/supervisor/list-rigs.ts';

const port = (summary: string) => Flags.integer({ summary, min: 1, max: 65_535, helpValue: 'N' });

export default class InitRig extends GtCommand {
  static override summary = 'Make the database of a new rig and its entry in gt.yaml';
  static override examples = [
    '<%= config.bin %> <%= command.id %> gastown',
    '<%= config.bin %> <%= command.id %> gastown --port 3320',
  ];
  static override args = {
    rig: Args.string({ description: 'name: a letter, then letters, digits and _', required: true }),
  };
  static override flags = {
    port: port('port of its server (default: the first free from 3308 upward)'),
    'remotesapi-port': port('port of its remotesapi'),
  };

  async run(): Promise<ListedRig> {
    const { args, flags } = await this.parse(InitRig);
    const town = openTown({ dataDir: this.dataDir(flags) });
    const { path: doltBin } = await town.findDolt();
    const { port, 'remotesapi-port': remotesapiPort } = flags;
    const made = await initRig({
      ...{ paths: town.paths, rig: args.rig, port, remotesapiPort, doltBin },
      env: process.env,
      signal: this.signal,
      onCreated: (rig) => this.progress(`made the database of rig "${rig}", which every town has`),
    });
    return this.show(
      made,
      (rig) =>
        `made rig "${rig.rig}" in ${rig.directory}, port ${rig.port}\nstart its server: gt dolt start ${rig.rig}`,
    );
  }
}
