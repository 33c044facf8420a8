import type { Row } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { type IssueVersion, readVersions } from '../history/issue-versions.ts';
import { resolveId } from '../ids/resolve.ts';
import { rfc3339 } from '../issue-row.ts';
import { tablesOf } from '../tables.ts';
import { raw, run, sql } from './sql.ts';

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
  const versions = wisp ? [] : await readVersions(ctx.db, id, limit);
  return { id, versions, events: rows.map(decodeEvent) };
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
