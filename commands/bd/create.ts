import { Args, Flags } from '@oclif/core';
import {
  asksToCreate,
  createIssue,
  createIssues,
  previewIssue,
  previewIssues,
} from '../../src/beads/operations/create.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import type { BdFlags } from '../../src/cli/bd-flags.ts';
import { createFlags, newIssueOf, refuseFieldFlags } from '../../src/cli/create-flags.ts';
import {
  renderCreated,
  renderCreatedFrom,
  renderDryRun,
  renderGraph,
  renderWouldCreate,
} from '../../src/cli/render-writes.ts';
import { sectionWarnings } from '../../src/cli/section-warnings.ts';
import { readText, splitList } from '../../src/cli/text-input.ts';

export default class Create extends BdCommand {
  static override summary = 'Create an issue';
  static override description = 'Or several, from a Markdown file (--file) or a plan with dependencies (--graph).';
  static override examples = [
    '<%= config.bin %> create "Fix login" -t bug -p 1 -d "It fails with an empty password"',
    '<%= config.bin %> create "Write tests" --parent hm-a3f --deps blocked-by:hm-b2c',
    'git log -1 --format=%b | <%= config.bin %> create "Follow up" --stdin',
  ];
  static override args = { title: Args.string({ description: 'the title' }) };
  static override flags = {
    ...createFlags,
    file: Flags.string({ char: 'f', summary: 'create the issues of a Markdown file', helpValue: 'FILE' }),
    graph: Flags.string({ summary: 'create the issues and dependencies of a JSON plan', helpValue: 'FILE' }),
    repo: Flags.string({ summary: 'create it in the project in that directory', helpValue: 'DIR' }),
    validate: Flags.boolean({ summary: 'require the sections that its type should have' }),
    'dry-run': Flags.boolean({ summary: 'show what would be created' }),
    silent: Flags.boolean({ summary: 'print the id only' }),
  };

  async run() {
    const { args, flags, metadata } = await this.parse(Create);
    const where = flags.repo === undefined ? flags : { ...flags, directory: flags.repo };
    if (flags.file !== undefined || flags.graph !== undefined) {
      refuseFieldFlags({ ...flags, title: args.title ?? flags.title }, metadata.flags);
      return flags.file === undefined ? this.fromGraph(where, flags.graph ?? '') : this.fromMarkdown(where, flags.file);
    }
    const input = { ...(await newIssueOf(args.title, flags, new Date())), validate: flags.validate };
    const beads = await this.open(where, { write: !flags['dry-run'], ahead: asksToCreate });
    if (flags['dry-run']) {
      const more = { labels: splitList(flags.labels), deps: splitList(flags.deps) };
      return this.show(await previewIssue(beads, input), (issue, paint) => renderDryRun(issue, more, paint));
    }
    const issue = await createIssue(beads, input);
    for (const warning of sectionWarnings(beads, 'on-create', [issue])) this.progress(warning);
    return this.show(issue, (created, paint) => {
      if (flags.silent) return created.id;
      return flags.quiet ? '' : renderCreated(created, paint);
    });
  }

  private async fromMarkdown(flags: PlanFlags, file: string) {
    const { parseMarkdownIssues } = await import('../../src/beads/operations/markdown-issues.ts');
    const { validate } = flags;
    const inputs = parseMarkdownIssues(await readText(file)).map((input) => ({ ...input, validate }));
    const beads = await this.open(flags, { write: !flags['dry-run'] });
    if (flags['dry-run']) {
      return this.show(await previewIssues(beads, inputs), (issues, paint) => renderWouldCreate(file, issues, paint));
    }
    const created = await createIssues(beads, inputs);
    return this.show(created, (issues, paint) => {
      if (flags.silent) return issues.map(({ id }) => id).join('\n');
      return flags.quiet ? '' : renderCreatedFrom(file, issues, paint);
    });
  }

  private async fromGraph(flags: PlanFlags, file: string) {
    const { parseGraphPlan } = await import('../../src/beads/operations/graph-plan.ts');
    const { createGraph, previewGraph } = await import('../../src/beads/operations/create-graph.ts');
    const plan = parseGraphPlan(await readText(file));
    for (const warning of plan.warnings) this.progress(`warning: ${warning}`);
    if (flags['dry-run']) {
      return this.show(
        previewGraph(plan),
        (preview) =>
          `Dry run: would create ${preview.node_count} issue(s) and ${preview.edge_count} edge(s) (${preview.parent_deps} parent-child link(s))`,
      );
    }
    return this.show(await createGraph(await this.open(flags, { write: true }), plan), (created) => {
      if (flags.silent) return Object.values(created.ids).join('\n');
      return flags.quiet ? '' : renderGraph(created);
    });
  }
}

/** What holds for several issues, too. */
type PlanFlags = BdFlags & { 'dry-run': boolean; silent: boolean; validate: boolean };
