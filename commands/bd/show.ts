import { Flags } from '@oclif/core';
import { changeSignal } from '../../src/beads/query/change-signal.ts';
import { currentIssue } from '../../src/beads/query/current.ts';
import { asksToShow, type ShowResult, showIssues } from '../../src/beads/query/show.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { REPEATED } from '../../src/cli/repeated.ts';
import { childrenDocument, renderShowAs, type ShowView } from '../../src/cli/show-views.ts';
import { repeatOnChange } from '../../src/cli/watch-database.ts';
import { AppError } from '../../src/errors.ts';

export default class Show extends BdCommand {
  static override summary = 'Show issues with all that hangs on them';
  static override strict = false;
  static override usage = 'show [ID...]';
  static override examples = ['<%= config.bin %> show hm-a1', '<%= config.bin %> show --current --short'];
  static override flags = {
    id: Flags.string({
      summary: 'an id that looks like a flag',
      helpValue: 'ID',
      ...REPEATED,
    }),
    short: Flags.boolean({ summary: 'one line for each' }),
    long: Flags.boolean({ summary: 'every field' }),
    children: Flags.boolean({ summary: 'only the children' }),
    refs: Flags.boolean({ summary: 'only what refers to it' }),
    thread: Flags.boolean({ summary: 'the conversation of messages that it is part of' }),
    current: Flags.boolean({ summary: 'the issue in work, or the one touched last' }),
    'as-of': Flags.string({ summary: 'as it was at a commit, branch or tag', helpValue: 'REVISION' }),
    'local-time': Flags.boolean({ summary: 'times in the local zone' }),
    watch: Flags.boolean({ char: 'w', summary: 'show again whenever something changes, until Ctrl-C' }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Show);
    const ids = [...argv.map(String), ...(flags.id ?? [])];
    // Under --watch all is asked after the first look for changes.
    const soon = flags['as-of'] === undefined && !flags.watch && ids.length > 0;
    const ahead = soon ? { ahead: asksToShow(ids) } : {};
    const beads = await this.open(flags, { write: false, ...ahead });
    if (flags.current) ids.push(await currentIssue(beads));
    if (ids.length === 0)
      throw new AppError('USAGE', 'no issue id given', { hint: 'bd show ID, or: bd show --current' });
    const view: ShowView = flags;
    const show = async () => {
      const result = await showIssues(beads, ids, { asOf: flags['as-of'] });
      this.report(result);
      if (!this.jsonEnabled()) this.print(await renderShowAs(beads, result.issues, view, this.paint));
      return result;
    };
    if (flags.watch && !this.jsonEnabled()) return repeatOnChange(() => changeSignal(beads.db), show, this.signal);
    const { issues } = await show();
    return flags.children ? childrenDocument(issues) : issues;
  }

  /** The wording of the Go `bd`; but that some are missing is a failure here. */
  private report({ issues, failures }: ShowResult): void {
    if (issues.length === 0) {
      const [only, ...more] = failures;
      if (only && more.length === 0 && only.error.code !== 'NOT_FOUND') throw only.error;
      throw new AppError('NOT_FOUND', 'no issues found matching the provided IDs', {
        hint: failures.map(({ error }) => error.message).join('\n'),
      });
    }
    for (const { input, error } of failures) process.stderr.write(`Error fetching ${input}: ${error.message}\n`);
    if (failures.length > 0) process.exitCode = 1;
  }
}
