import type { Row } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { resolveId } from '../ids/resolve.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue, issueColumns, rfc3339 } from '../issue-row.ts';
import { tablesOf } from '../tables.ts';
import { raw, run, sql } from './sql.ts';

/** An issue as a Dolt commit left it. The keys are those of the Go `bd`. */
export interface IssueVersion {
  CommitHash: string;
  Committer: string;
  /** RFC 3339. */
  CommitDate: string;
  Issue: Issue;
}

/** One recorded event of an issue. */
export interface IssueEventRow {
  id: string;
  event_type: string;
  actor: string;
  old_value?: string;
  new_value?: string;
  comment?: string;
  created_at: string;
}

export interface IssueHistory {
  readonly id: string;
  /** Newest first; only commits that changed the issue. Empty for a wisp: wisps have no history. */
  readonly versions: readonly IssueVersion[];
  /** Newest first. */
  readonly events: readonly IssueEventRow[];
}

/**
 * What became of an issue: its versions in Dolt's history and its events.
 *
 * @param input id, whole or in part
 * @param options `limit`: so many versions and so many events at most; 0 means all
 * @throws AppError NOT_FOUND
 */
export async function issueHistory(
  ctx: BeadsContext,
  input: string,
  options: { limit?: number } = {},
): Promise<IssueHistory> {
  const { id, wisp } = await resolveId(ctx.db, input);
  const limit = options.limit ?? 0;
  const rows = await run(
    ctx.db,
    sql`SELECT id, event_type, actor, old_value, new_value, comment, created_at FROM ${raw(tablesOf(wisp).events)}
      WHERE issue_id = ${id} ORDER BY created_at DESC, id DESC ${limit > 0 ? raw(`LIMIT ${Math.trunc(limit)}`) : raw('')}`,
  );
  const versions = wisp ? [] : await readVersions(ctx, id);
  return { id, versions: limit > 0 ? versions.slice(0, limit) : versions, events: rows.map(decodeEvent) };
}

/** Dolt tells the row at every commit; those where it was as before are left out. */
async function readVersions(ctx: BeadsContext, id: string): Promise<IssueVersion[]> {
  const rows = await run(
    ctx.db,
    sql`SELECT h.commit_hash, h.committer, h.commit_date, l.commit_order, ${raw(issueColumns('h'))}
      FROM dolt_history_issues h JOIN dolt_log l ON l.commit_hash = h.commit_hash
      WHERE h.id = ${id}`,
  );
  rows.sort((a, b) => Number(b['commit_order']) - Number(a['commit_order']));
  const versions = rows.map(decodeVersion);
  return versions.filter((version, index) => {
    const before = versions[index + 1];
    return before === undefined || JSON.stringify(before.Issue) !== JSON.stringify(version.Issue);
  });
}

function decodeVersion(row: Row): IssueVersion {
  return {
    CommitHash: String(row['commit_hash']),
    Committer: String(row['committer']),
    CommitDate: rfc3339(String(row['commit_date'])),
    Issue: decodeIssue(row),
  };
}

function decodeEvent(row: Row): IssueEventRow {
  const text = (key: 'old_value' | 'new_value' | 'comment') => (row[key] ? { [key]: String(row[key]) } : {});
  return {
    id: String(row['id']),
    event_type: String(row['event_type']),
    actor: String(row['actor'] ?? ''),
    ...text('old_value'),
    ...text('new_value'),
    ...text('comment'),
    created_at: rfc3339(String(row['created_at'])),
  };
}
