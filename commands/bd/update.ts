import { Args } from '@oclif/core';
import { isNoChange, updateIssues } from '../../src/beads/operations/update.ts';
import { idsOrLastTouched } from '../../src/beads/write/side-files.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderUpdated } from '../../src/cli/render-writes.ts';
import { changesOf, updateFlags } from '../../src/cli/update-flags.ts';

export default class Update extends BdCommand {
  static override summary = 'Change issues';
  static override description = 'Without an id: the issue that was written last from this directory.';
  static override examples = [
    '<%= config.bin %> update hm-a3f --claim',
    '<%= config.bin %> update hm-a3f hm-b2c -p 1 --add-label urgent',
  ];
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues' }) };
  static override flags = updateFlags;

  async run() {
    const { argv, flags } = await this.parse(Update);
    const changes = await changesOf(flags, new Date());
    if (isNoChange(changes)) return this.show([], () => 'No updates specified');
    const beads = await this.open(flags, { write: true });
    const ids = await idsOrLastTouched(beads.beadsDir, argv.map(String));
    const { updated, failures } = await updateIssues(beads, ids, changes);
    this.partial(updated, failures);
    return this.show(updated, (issues, paint) => (flags.quiet ? '' : renderUpdated(issues, paint)));
  }
}
