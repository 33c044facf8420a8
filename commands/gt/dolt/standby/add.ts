import { hostname } from 'node:os';
import { Args, Flags } from '@oclif/core';
import { timeoutFlag } from '../../../../src/cli/rig-change.ts';
import { rigFlag, UserCommand } from '../../../../src/cli/user-command.ts';
import { type AddedStandby, addStandbys } from '../../../../src/supervisor/standby/add-standby.ts';

export default class StandbyAdd extends UserCommand {
  static override summary = 'Keep a hot standby of a rig on another host, with Dolt’s own replication';
  static override description =
    'Makes the rig, which has to be stopped, the primary of a cluster, and a file for each standby: copy it there, it holds secrets. A COMMIT then waits until a standby has it, at most --ack-timeout.';
  static override examples = ['<%= config.bin %> <%= command.id %> db2.example --address db1.example'];
  static override strict = false;
  static override args = { host: Args.string({ description: 'HOST, or HOST:PORT', required: true }) };
  static override flags = {
    ...rigFlag,
    address: Flags.string({ summary: 'how the standbys reach this machine (default: its name)', helpValue: 'HOST' }),
    port: Flags.integer({ summary: 'port of the replication', default: 50_051, min: 1, max: 65_535, helpValue: 'N' }),
    'ack-timeout': timeoutFlag({
      summary: 'how long a COMMIT waits for a standby; 0s does not wait',
      default: 10_000,
      defaultHelp: async () => '10s',
    }),
  };

  async run(): Promise<{ rig: string; standbys: AddedStandby[] }> {
    const { argv, flags } = await this.parse(StandbyAdd);
    const { town, rig, env } = this.accounts(flags);
    const { path: doltBin } = await town.findDolt();
    const standbys = await addStandbys({
      ...{ paths: town.paths, rig, env, doltBin, port: flags.port, standbys: argv.map(String) },
      address: flags.address ?? hostname(),
      ackTimeoutSeconds: Math.ceil(flags['ack-timeout'] / 1_000),
      onClosed: (message) => this.progress(message),
    });
    return this.show({ rig, standbys }, () =>
      [
        ...standbys.map(({ standby, file }) => `copy ${file} to ${standby}, and there: gt dolt standby join FILE`),
        `then on both: gt dolt start ${rig}`,
      ].join('\n'),
    );
  }
}
