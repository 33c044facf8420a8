import { Args, Flags } from '@oclif/core';
import { bytesText } from '../../../src/cli/bytes-text.ts';
import { durationFlag } from '../../../src/cli/duration-flag.ts';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import type { Paint } from '../../../src/cli/style.ts';
import { openTown } from '../../../src/open-town.ts';
import type { CompactedRig } from '../../../src/supervisor/upkeep/compact-rig.ts';

export default class Compact extends GtCommand {
  static override summary = 'Make one commit of a rig’s old history';
  static override description =
    'Commits older than a time become one; younger ones keep message, author and date, and get new hashes. What the tables hold, and what is not committed, stays as it is. A verified backup is made first. Works while the server runs.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> gastown --older-than 30d',
    { description: 'Back again', command: '<%= config.bin %> dolt restore gastown BACKUP' },
  ];
  static override args = { rig: Args.string({ description: 'rig', required: true }) };
  static override flags = {
    'older-than': Flags.string({ summary: 'age of what becomes one commit', default: '90d', helpValue: '30d' }),
    shared: Flags.boolean({ summary: 'also where remotes have the history: every other clone has to be made anew' }),
  };

  async run(): Promise<CompactedRig> {
    const { args, flags } = await this.parse(Compact);
    const age = durationFlag('--older-than', flags['older-than']);
    const result = await openTown({ dataDir: this.dataDir(flags) }).compact({
      rig: args.rig,
      olderThan: new Date(Date.now() - age),
      shared: flags.shared,
      onProgress: (text) => this.progress(text),
    });
    return this.show(result, render);
  }
}

function render(result: CompactedRig, paint: Paint): string {
  const { rig, squashed, commits_before, commits_after, bytes_before, bytes_after, backup, still_kept_by } = result;
  if (squashed === 0) return `${rig}: nothing to do, ${commits_before} commits and none old enough`;
  const kept = still_kept_by.length > 0 ? [`  the old history is still kept by: ${still_kept_by.join(', ')}`] : [];
  return [
    `${paint('green', '✓')} ${rig}  ${commits_before} -> ${commits_after} commits, ${bytesText(bytes_before)} -> ${bytesText(bytes_after)}`,
    `  the history as it was: ${backup}`,
    ...kept,
  ].join('\n');
}
