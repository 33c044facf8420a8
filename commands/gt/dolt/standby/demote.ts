import { renderCluster } from '../../../../src/cli/render-cluster.ts';
import { rigFlag, UserCommand } from '../../../../src/cli/user-command.ts';
import { type ClusterStatus, demote } from '../../../../src/supervisor/standby/cluster-role.ts';

export default class StandbyDemote extends UserCommand {
  static override summary = 'Make the primary a standby, once a standby has everything';
  static override examples = ['<%= config.bin %> <%= command.id %> --rig gastown'];
  static override flags = rigFlag;

  async run(): Promise<ClusterStatus> {
    const { flags } = await this.parse(StandbyDemote);
    return this.show(await demote(this.accounts(flags)), renderCluster);
  }
}
