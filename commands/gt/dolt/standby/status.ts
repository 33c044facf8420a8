import { renderCluster } from '../../../../src/cli/render-cluster.ts';
import { rigFlag, UserCommand } from '../../../../src/cli/user-command.ts';
import { type ClusterStatus, clusterStatus } from '../../../../src/supervisor/standby/cluster-role.ts';

export default class StandbyStatus extends UserCommand {
  static override summary = 'Show the role of a rig’s server in its cluster, and how far the standbys are';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = rigFlag;

  async run(): Promise<ClusterStatus> {
    const { flags } = await this.parse(StandbyStatus);
    return this.show(await clusterStatus(this.accounts(flags)), renderCluster);
  }
}
