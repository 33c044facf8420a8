import { Args, Flags } from '@oclif/core';
import { closeIssues } from '../../src/beads/operations/close.ts';
import { idsOrLastTouched } from '../../src/beads/write/side-files.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { closeDocument, renderClosed } from '../../src/cli/render-writes.ts';
import { sectionWarnings } from '../../src/cli/section-warnings.ts';
import { readBody } from '../../src/cli/text-input.ts';

export default class Close extends BdCommand {
  static override summary = 'Close issues';
  static override description = 'Without an id: the issue that was written last from this directory.';
  static override examples = [
    '<%= config.bin %> close hm-a3f -r "fixed in 1.2"',
    '<%= config.bin %> close hm-a3f --claim-next',
  ];
  static override strict = false;
  static override args = { id: Args.string({ description: 'ids of issues' }) };
  static override flags = {
    reason: Flags.string({ char: 'r', summary: 'why', aliases: ['message', 'comment'], charAliases: ['m'] }),
    'reason-file': Flags.string({ summary: 'file with the reason (- is standard input)', helpValue: 'FILE' }),
    force: Flags.boolean({ char: 'f', summary: 'also what is pinned, blocked or has open children' }),
    session: Flags.string({ summary: 'session that closes it', env: 'CLAUDE_SESSION_ID' }),
    'suggest-next': Flags.boolean({ summary: 'show what waits for nothing any more' }),
    'claim-next': Flags.boolean({ summary: 'take the next ready issue' }),
    continue: Flags.boolean({ summary: 'go on with the next step of the molecule' }),
    'no-auto': Flags.boolean({ summary: 'with --continue: only show the next step', dependsOn: ['continue'] }),
  };

  async run() {
    const { argv, flags } = await this.parse(Close);
    const reason = await readBody('the reason', { text: flags.reason, file: flags['reason-file'] });
    const beads = await this.open(flags, { write: true });
    const ids = await idsOrLastTouched(beads.beadsDir, argv.map(String));
    const result = await closeIssues(beads, ids, {
      reason,
      session: flags.session,
      force: flags.force,
      suggestNext: flags['suggest-next'],
      claimNext: flags['claim-next'],
      ...(flags.continue ? { advance: flags['no-auto'] ? 'show' : 'claim' } : {}),
    });
    for (const warning of sectionWarnings(beads, 'on-close', result.closed)) this.progress(warning);
    for (const id of result.alreadyClosed) this.progress(`${id} is already closed`);
    this.partial(result.closed, result.failures);
    return this.show(closeDocument(result), (_document, paint) => (flags.quiet ? '' : renderClosed(result, paint)));
  }
}
