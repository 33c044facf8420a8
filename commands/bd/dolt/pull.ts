import { Flags } from '@oclif/core';
import { MergeConflictError } from '../../../src/beads/history/merge-conflict.ts';
import { pullHistory } from '../../../src/beads/remotes/pull.ts';
import { hasRemote } from '../../../src/beads/remotes/remotes.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { progressLine } from '../../../src/cli/progress-line.ts';
import { refusedMerge } from '../../../src/cli/refused-merge.ts';
import { NO_REMOTE } from '../../../src/cli/render/no-remote.ts';
import { remoteFlags, renderPull } from '../../../src/cli/render/remotes.ts';
import { parseDuration } from '../../../src/util/duration.ts';

export default class DoltPull extends BdCommand {
  static override summary = 'Fetch the Dolt history of a remote and merge it';
  static override description =
    'All of it comes in, or nothing changes. Where both sides changed the same field of an issue, the fields are shown; with --strategy one side wins in them. Without any remote nothing happens, and that is no failure.';
  static override examples = ['<%= config.bin %> dolt pull', '<%= config.bin %> dolt pull --strategy theirs'];
  static override flags = {
    ...remoteFlags,
    strategy: Flags.option({
      summary: 'the side that wins: ours (this database) or theirs (the remote)',
      options: ['ours', 'theirs'] as const,
    })(),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(DoltPull);
    const beads = await this.open(flags, { write: true });
    if (flags.remote === undefined && !(await hasRemote(beads))) {
      return this.show({ pulled: false, skipped: true }, () => (flags.quiet ? '' : NO_REMOTE));
    }
    const progress = progressLine(process.stderr, flags.quiet);
    if (!this.jsonEnabled() && !flags.quiet) this.print('Pulling from Dolt remote...');
    try {
      const result = await pullHistory(beads, {
        remote: flags.remote,
        strategy: flags.strategy,
        timeoutMs: flags.timeout === undefined ? undefined : parseDuration(flags.timeout),
        onProgress: (text) => progress.show(text),
      }).finally(() => progress.clear());
      const document = { pulled: true, ...result, conflicts: result.resolved.length };
      return this.show(document, (_, paint) => renderPull(result, paint));
    } catch (error) {
      if (!(error instanceof MergeConflictError)) throw error;
      return refusedMerge(error, this.jsonEnabled());
    }
  }
}
