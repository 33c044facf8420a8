import type { Row } from '../database/types.ts';
import type { Comment, Dependency, Issue } from './issue.ts';

/** What belongs to an issue and lies in other tables. Empty lists are left out of the issue. */
export interface Related {
  labels?: readonly string[];
  dependencies?: readonly Dependency[];
  comments?: readonly Comment[];
}

/** The columns of `issues` and `wisps` that an {@link Issue} is made of, in the order of the table. */
export const ISSUE_COLUMNS = [
  'id',
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

/** The columns that a line about an issue shows, or an order needs: none of the long texts. */
export const LINE_COLUMNS = [
  'id',
  'title',
  'status',
  'priority',
  'issue_type',
  'assignee',
  'created_at',
  'updated_at',
  'closed_at',
] as const;

/**
 * The select list of an issue.
 *
 * @param alias table alias to qualify the columns with
 * @example `SELECT ${issueColumns('i')} FROM issues i`
 */
export function issueColumns(alias?: string, columns: readonly string[] = ISSUE_COLUMNS): string {
  return columns.map((column) => (alias === undefined ? column : `${alias}.${column}`)).join(', ');
}

/**
 * An issue from its row: the keys in the order of the Go `bd`'s JSON, empty values left out.
 *
 * @example decodeIssue(row, { labels: ['ui'] })
 */
export function decodeIssue(row: Row, related: Related = {}): Issue {
  return withoutUndefined<Issue>({
    id: text(row['id']) ?? '',
    title: text(row['title']) ?? '',
    description: text(row['description']),
    design: text(row['design']),
    acceptance_criteria: text(row['acceptance_criteria']),
    notes: text(row['notes']),
    spec_id: text(row['spec_id']),
    status: text(row['status']) ?? '',
    priority: Number(row['priority'] ?? 0),
    issue_type: text(row['issue_type']) ?? '',
    assignee: text(row['assignee']),
    owner: text(row['owner']),
    estimated_minutes: count(row['estimated_minutes']),
    created_at: time(row['created_at']) ?? '',
    created_by: text(row['created_by']),
    updated_at: time(row['updated_at']) ?? '',
    started_at: time(row['started_at']),
    closed_at: time(row['closed_at']),
    close_reason: text(row['close_reason']),
    closed_by_session: text(row['closed_by_session']),
    due_at: time(row['due_at']),
    defer_until: time(row['defer_until']),
    external_ref: text(row['external_ref']),
    source_system: text(row['source_system']),
    metadata: metadata(row['metadata']),
    compaction_level: positive(row['compaction_level']),
    compacted_at: time(row['compacted_at']),
    compacted_at_commit: text(row['compacted_at_commit']),
    original_size: positive(row['original_size']),
    labels: some(related.labels),
    dependencies: some(related.dependencies),
    comments: some(related.comments),
    sender: text(row['sender']),
    ephemeral: flag(row['ephemeral']),
    no_history: flag(row['no_history']),
    wisp_type: text(row['wisp_type']),
    pinned: flag(row['pinned']),
    is_template: flag(row['is_template']),
    await_type: text(row['await_type']),
    await_id: text(row['await_id']),
    timeout: positive(row['timeout_ns']),
    waiters: waiters(row['waiters']),
    mol_type: text(row['mol_type']),
    work_type: text(row['work_type']),
    event_kind: text(row['event_kind']),
    actor: text(row['actor']),
    target: text(row['target']),
    payload: text(row['payload']),
  });
}

/** An issue from a row of LINE_COLUMNS: of thousands of rows, the fields that are not there take their time. */
export function decodeLine(row: Row, related: Related = {}): Issue {
  return withoutUndefined<Issue>({
    id: text(row['id']) ?? '',
    title: text(row['title']) ?? '',
    status: text(row['status']) ?? '',
    priority: Number(row['priority'] ?? 0),
    issue_type: text(row['issue_type']) ?? '',
    assignee: text(row['assignee']),
    created_at: time(row['created_at']) ?? '',
    updated_at: time(row['updated_at']) ?? '',
    closed_at: time(row['closed_at']),
    labels: some(related.labels),
    dependencies: some(related.dependencies),
  });
}

/** A row of `dependencies` or `wisp_dependencies`. */
export function decodeDependency(row: Row): Dependency {
  const value = row['metadata'];
  return withoutUndefined<Dependency>({
    issue_id: text(row['issue_id']) ?? '',
    depends_on_id: text(row['depends_on_id']) ?? '',
    type: text(row['type']) ?? '',
    created_at: time(row['created_at']) ?? '',
    created_by: text(row['created_by']),
    metadata: typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value),
    thread_id: text(row['thread_id']),
  });
}

/** A row of `comments` or `wisp_comments`. */
export function decodeComment(row: Row): Comment {
  return {
    id: text(row['id']) ?? '',
    issue_id: text(row['issue_id']) ?? '',
    author: text(row['author']) ?? '',
    text: text(row['text']) ?? '',
    created_at: time(row['created_at']) ?? '',
  };
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC as RFC 3339, without the fraction. */
export function rfc3339(datetime: string): string {
  return `${datetime.slice(0, 10)}T${datetime.slice(11, 19)}Z`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function count(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

function positive(value: unknown): number | undefined {
  return count(value) || undefined;
}

function flag(value: unknown): true | undefined {
  return Number(value ?? 0) === 0 ? undefined : true;
}

function time(value: unknown): string | undefined {
  const datetime = text(value);
  return datetime === undefined || datetime.startsWith('0000') ? undefined : rfc3339(datetime);
}

/** `{}` counts as none: it is the column's default. */
function metadata(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' && Object.keys(value).length === 0 ? undefined : value;
}

/** A text column that holds a JSON array of strings, or nothing. */
function waiters(value: unknown): string[] | undefined {
  const json = text(value);
  if (json === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) && list.length > 0 ? list.map(String) : undefined;
  } catch {
    return [json];
  }
}

function some<T>(list: readonly T[] | undefined): T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : [...list];
}

/** A copy: an object that keys were deleted from is slow from then on. */
function withoutUndefined<T extends object>(value: T): T {
  const defined: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) defined[key] = value[key];
  return defined as T;
}
