import type { BeadsContext } from '../context.ts';
import { diffRevisions, type TableChange } from './diff.ts';
import type { IssueChange } from './issue-changes.ts';
import type { Change } from './row-changes.ts';

/** An issue with uncommitted changes. */
export interface UncommittedIssue {
  id: string;
  title: string;
  change: Change;
  /** What changed: names of fields, `labels`, `dependencies`, `comments`. */
  changed: string[];
}

export interface VersionStatus {
  branch: string;
  /** Hash of the commit that the branch is at. */
  commit: string;
  /** Whether all is committed. Tables of this clone (`dolt_ignore`) do not count. */
  clean: boolean;
  issues: UncommittedIssue[];
  tables: TableChange[];
  /** The branch or commit that somebody began to merge and neither committed nor aborted. */
  merging?: string;
}

/**
 * Where Dolt's history stands: branch, commit, and what is not committed yet.
 *
 * @example const { clean } = await readStatus(ctx);
 */
export async function readStatus(ctx: BeadsContext): Promise<VersionStatus> {
  const [row] = await ctx.db.query(
    "SELECT ACTIVE_BRANCH() AS branch, DOLT_HASHOF('HEAD') AS hash, is_merging, source FROM dolt_merge_status",
  );
  const commit = String(row?.['hash']);
  const { issues, tables } = await diffRevisions(ctx, commit, 'WORKING');
  return {
    branch: String(row?.['branch'] ?? ''),
    commit,
    clean: tables.length === 0,
    issues: issues.map((issue) => ({
      id: issue.id,
      title: issue.title,
      change: issue.change,
      changed: changedParts(issue),
    })),
    tables,
    ...(Number(row?.['is_merging'] ?? 0) === 1 ? { merging: String(row?.['source'] ?? '') } : {}),
  };
}

// Every change touches them.
const BOOKKEEPING = ['updated_at'];

function changedParts(issue: IssueChange): string[] {
  const fields = issue.fields.map(({ field }) => field).filter((field) => !BOOKKEEPING.includes(field));
  const parts = (['labels', 'dependencies', 'comments'] as const).filter((part) => issue[part] !== undefined);
  return [...fields, ...parts];
}
