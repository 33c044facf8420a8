import { Args } from '@oclif/core';
import { isNoChange, unknownIds, updateIssues } from '../../src/beads/operations/update.ts';
import { idsOrLastTouched } from '../../src/beads/write/side-files.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import type { BdFlags } from '../../src/cli/bd-flags.ts';
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
    if (isNoChange(changes)) return this.nothing(argv.map(String), flags);
    const beads = await this.open(flags, { write: true });
    const ids = await idsOrLastTouched(beads.beadsDir, argv.map(String));
    const { updated, failures } = await updateIssues(beads, ids, changes);
    this.partial(updated, failures, 'Error');
    return this.show(updated, (issues, paint) => (flags.quiet ? '' : renderUpdated(issues, paint)));
  }

  /** An id that is wrong is told also when there is nothing to change. */
  private async nothing(ids: readonly string[], flags: BdFlags) {
    if (ids.length > 0) {
      const failures = await unknownIds(await this.open(flags, { write: false }), ids);
      this.partial(ids.slice(failures.length), failures, 'Error');
    }
    return this.show([], () => 'No updates specified');
  }
}
