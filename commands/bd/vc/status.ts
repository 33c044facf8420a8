import { readStatus } from '../../../src/beads/history/status.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { renderVersionStatus } from '../../../src/cli/render/vc-status.ts';

export default class VcStatus extends BdCommand {
  static override summary = 'Show branch, commit, and what is not committed yet';

  async run() {
    const { flags } = await this.parse(VcStatus);
    const beads = await this.open(flags, { write: false });
    return this.show(await readStatus(beads), renderVersionStatus);
  }
}
