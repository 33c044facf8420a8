import type { SqlParameter } from '../database/types.ts';
import { contentHash } from './content-hash.ts';
import { sqlTime } from './dates.ts';
import type { Issue } from './issue.ts';

/** The columns that a new row of `issues` or `wisps` is given; the six that nobody reads are left out. */
export const INSERT_COLUMNS = [
  'id',
  'content_hash',
  'title',
  'description',
  'design',
  'acceptance_criteria',
  'notes',
  'status',
  'priority',
  'issue_type',
  'assignee',
  'estimated_minutes',
  'created_at',
  'created_by',
  'owner',
  'updated_at',
  'closed_at',
  'closed_by_session',
  'external_ref',
  'spec_id',
  'compaction_level',
  'compacted_at',
  'compacted_at_commit',
  'original_size',
  'sender',
  'ephemeral',
  'wisp_type',
  'pinned',
  'is_template',
  'mol_type',
  'work_type',
  'source_system',
  'metadata',
  'source_repo',
  'close_reason',
  'event_kind',
  'actor',
  'target',
  'payload',
  'await_type',
  'await_id',
  'timeout_ns',
  'waiters',
  'due_at',
  'defer_until',
  'no_history',
  'started_at',
] as const;

/**
 * The values of a new row, in the order of {@link INSERT_COLUMNS}, as the Go `bd` writes them: NULL
 * where it writes NULL, else empty texts.
 *
 * @example await insertRows(tx, 'issues', INSERT_COLUMNS, issues.map(encodeIssue));
 */
export function encodeIssue(issue: Issue): SqlParameter[] {
  const metadata = issue.metadata === undefined ? '' : JSON.stringify(issue.metadata);
  const values: Record<(typeof INSERT_COLUMNS)[number], SqlParameter> = {
    id: issue.id,
    content_hash: contentHash(issue, metadata),
    title: issue.title,
    description: issue.description ?? '',
    design: issue.design ?? '',
    acceptance_criteria: issue.acceptance_criteria ?? '',
    notes: issue.notes ?? '',
    status: issue.status,
    priority: issue.priority,
    issue_type: issue.issue_type,
    assignee: issue.assignee ?? null,
    estimated_minutes: issue.estimated_minutes ?? null,
    created_at: time(issue.created_at),
    created_by: issue.created_by ?? '',
    owner: issue.owner ?? '',
    updated_at: time(issue.updated_at),
    closed_at: time(issue.closed_at),
    closed_by_session: issue.closed_by_session ?? '',
    external_ref: issue.external_ref ?? null,
    spec_id: issue.spec_id ?? '',
    compaction_level: issue.compaction_level ?? 0,
    compacted_at: time(issue.compacted_at),
    compacted_at_commit: issue.compacted_at_commit ?? null,
    original_size: issue.original_size ?? null,
    sender: issue.sender ?? '',
    ephemeral: issue.ephemeral ?? false,
    wisp_type: issue.wisp_type ?? '',
    pinned: issue.pinned ?? false,
    is_template: issue.is_template ?? false,
    mol_type: issue.mol_type ?? '',
    work_type: issue.work_type ?? '',
    source_system: issue.source_system ?? '',
    metadata: metadata || '{}',
    source_repo: '',
    close_reason: issue.close_reason ?? '',
    event_kind: issue.event_kind ?? '',
    actor: issue.actor ?? '',
    target: issue.target ?? '',
    payload: issue.payload ?? '',
    await_type: issue.await_type ?? '',
    await_id: issue.await_id ?? '',
    timeout_ns: issue.timeout ?? 0,
    waiters: issue.waiters === undefined ? '' : JSON.stringify(issue.waiters),
    due_at: time(issue.due_at),
    defer_until: time(issue.defer_until),
    no_history: issue.no_history ?? false,
    started_at: time(issue.started_at),
  };
  return INSERT_COLUMNS.map((column) => values[column]);
}

function time(rfc3339: string | undefined): string | null {
  return rfc3339 === undefined ? null : sqlTime(new Date(rfc3339));
}
