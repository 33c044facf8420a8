import { Flags } from '@oclif/core';
import { type EpicStatus, epicStatuses } from '../../../src/beads/query/epics.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { renderEpics } from '../../../src/cli/render/epics.ts';

export default class EpicStatusCommand extends BdCommand {
  static override summary = 'Show how far the open epics are';
  static override flags = {
    'eligible-only': Flags.boolean({ summary: 'only epics that can be closed: all children are' }),
  };

  async run(): Promise<EpicStatus[]> {
    const { flags } = await this.parse(EpicStatusCommand);
    const beads = await this.open(flags, { write: false });
    return this.show(await epicStatuses(beads, { eligibleOnly: flags['eligible-only'] }), renderEpics);
  }
}
