import type { Issue } from '../../../src/beads/issue.ts';
import { dependencyCycles } from '../../../src/beads/query/cycles.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { renderCycles } from '../../../src/cli/render/dependencies.ts';

export default class DepCycles extends BdCommand {
  static override summary = 'Find issues that block each other in a circle';

  async run(): Promise<Issue[][]> {
    const { flags } = await this.parse(DepCycles);
    const beads = await this.open(flags, { write: false });
    return this.show(await dependencyCycles(beads), renderCycles);
  }
}
