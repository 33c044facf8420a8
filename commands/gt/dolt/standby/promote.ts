import { Flags } from '@oclif/core';
import { renderCluster } from '../../../../src/cli/render-cluster.ts';
import { rigFlag, UserCommand } from '../../../../src/cli/user-command.ts';
import { type ClusterStatus, promote } from '../../../../src/supervisor/standby/cluster-role.ts';

export default class StandbyPromote extends UserCommand {
  static override summary = 'Make a standby the primary, when the primary is gone';
  static override examples = ['<%= config.bin %> <%= command.id %> --rig gastown'];
  static override flags = {
    ...rigFlag,
    force: Flags.boolean({ summary: 'also while another server of the cluster answers' }),
  };

  async run(): Promise<ClusterStatus> {
    const { flags } = await this.parse(StandbyPromote);
    return this.show(await promote(this.accounts(flags), flags.force), renderCluster);
  }
}
