import { reachableServer } from '../../../src/beads/workspace/connect.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { embeddedState, renderServerState, serverState } from '../../../src/cli/render/server-state.ts';
import { AppError } from '../../../src/errors.ts';

export default class DoltStatus extends BdCommand {
  static override summary = 'Show whether the Dolt server of this workspace runs';
  static override description =
    'Ends with 0 also when it does not. `dolt show` tells how the database is reached, `gt dolt status` which servers of the town run.';

  async run() {
    const { flags } = await this.parse(DoltStatus);
    const location = await this.locate(flags);
    const { target, settings } = location;
    if (target.mode === 'embedded') return this.show(embeddedState(target), renderServerState);
    try {
      const reached = await reachableServer(target, { settings, env: process.env, dir: this.directory(flags) });
      return this.show(serverState(reached, true), renderServerState);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.progress(error.message);
      // One that refuses the user runs.
      return this.show(serverState(target, error.code !== 'SERVER_UNREACHABLE'), renderServerState);
    }
  }
}
