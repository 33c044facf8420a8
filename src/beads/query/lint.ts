import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { findIssues } from '../lookup.ts';
import { missingSections, REQUIRED_SECTIONS } from '../required-sections.ts';
import { knownStatuses, knownTypes, readKnownWords } from './known-words.ts';
import { readLayers } from './layers.ts';
import { readPage } from './page.ts';

/** An issue that lacks sections which its type should have. */
export interface LintResult {
  id: string;
  title: string;
  type: string;
  /** Headings that the description lacks. */
  missing: string[];
  warnings: number;
}

export interface LintReport {
  /** Warnings in all. */
  total: number;
  /** Issues with warnings. */
  issues: number;
  /** Issues that were looked at. */
  checked: number;
  results: LintResult[];
}

export interface LintOptions {
  /** Ids, whole or in part; none means all open issues. */
  ids?: readonly string[];
  type?: string | undefined;
  /** Status of the issues to look at; default open; `all` for any. */
  status?: string | undefined;
}

/**
 * Finds issues whose text lacks the sections that help others to work on them: a bug says how to see
 * it, work says when it is done. Acceptance criteria in their own field count.
 *
 * @throws AppError NOT_FOUND, VALIDATION
 */
export async function lintIssues(ctx: BeadsContext, options: LintOptions = {}): Promise<LintReport> {
  const issues = options.ids?.length ? await named(ctx, options.ids) : await selected(ctx, options);
  const results = issues
    .map((issue) => ({ issue, missing: missingSections(issue) }))
    .filter(({ missing }) => missing.length > 0)
    .map(({ issue, missing }) => ({
      id: issue.id,
      title: issue.title,
      type: issue.issue_type,
      missing,
      warnings: missing.length,
    }));
  const total = results.reduce((sum, { warnings }) => sum + warnings, 0);
  return { total, issues: results.length, checked: issues.length, results };
}

async function named(ctx: BeadsContext, ids: readonly string[]): Promise<Issue[]> {
  return (await findIssues(ctx.db, ids)).map((found) => {
    if (found instanceof AppError) throw found;
    return found.issue;
  });
}

async function selected(ctx: BeadsContext, options: LintOptions): Promise<Issue[]> {
  const words = await readKnownWords(ctx.db, ctx);
  const status = options.status ?? 'open';
  const { rows } = await readPage(ctx.db, await readLayers(ctx.db), {
    filter: {
      ephemeral: false,
      types: options.type === undefined ? Object.keys(REQUIRED_SECTIONS) : knownTypes([options.type], words),
      ...(status === 'all' ? {} : { statuses: knownStatuses([status], words) }),
    },
    sort: 'priority',
    limit: 0,
    now: ctx.now(),
  });
  return rows.map(({ row }) => decodeIssue(row));
}
