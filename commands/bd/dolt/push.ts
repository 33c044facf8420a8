import { Flags } from '@oclif/core';
import { pushHistory } from '../../../src/beads/remotes/push.ts';
import { hasRemote } from '../../../src/beads/remotes/remotes.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { progressLine } from '../../../src/cli/progress-line.ts';
import { NO_REMOTE } from '../../../src/cli/render/no-remote.ts';
import { remoteFlags, renderPush } from '../../../src/cli/render/remotes.ts';
import { parseDuration } from '../../../src/util/duration.ts';

export default class DoltPush extends BdCommand {
  static override summary = 'Push the Dolt history to a remote';
  static override description =
    'Changes that are not committed yet stay here, and are told. The remote is asked after where it is; a user and password for it come from DOLT_REMOTE_USER and DOLT_REMOTE_PASSWORD. Without any remote nothing happens, and that is no failure.';
  static override examples = ['<%= config.bin %> dolt push', '<%= config.bin %> dolt push --remote backup'];
  static override flags = {
    ...remoteFlags,
    force: Flags.boolean({ char: 'f', summary: 'replace what the remote has, commits that are only there included' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(DoltPush);
    const beads = await this.open(flags, { write: true });
    if (flags.remote === undefined && !(await hasRemote(beads))) {
      return this.show({ pushed: false, skipped: true }, () => (flags.quiet ? '' : NO_REMOTE));
    }
    const progress = progressLine(process.stderr, flags.quiet);
    if (!this.jsonEnabled() && !flags.quiet) this.print('Pushing to Dolt remote...');
    const result = await pushHistory(beads, {
      remote: flags.remote,
      force: flags.force,
      timeoutMs: flags.timeout === undefined ? undefined : parseDuration(flags.timeout),
      onProgress: (text) => progress.show(text),
    }).finally(() => progress.clear());
    return this.show({ pushed: true, ...result }, (document, paint) => renderPush(document, paint));
  }
}
