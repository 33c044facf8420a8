import type { SqlParameter } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { sqlTime } from '../dates.ts';
import { requireFits } from '../field-limits.ts';
import type { Issue } from '../issue.ts';
import type { EventType } from '../write/events.ts';
import { requireEstimate, requireMetadata, requirePriority } from './new-issue.ts';

/** Changes to the fields of an issue, named as in {@link Issue}. What is left out stays. */
export interface FieldChanges {
  title?: string;
  description?: string;
  design?: string;
  acceptance_criteria?: string;
  notes?: string;
  /** Goes below the notes that are there. */
  append_notes?: string;
  status?: string;
  priority?: number;
  issue_type?: string;
  /** Empty: nobody. */
  assignee?: string;
  estimated_minutes?: number;
  /** RFC 3339; null clears it. */
  due_at?: string | null;
  /** RFC 3339; null clears it and reopens a deferred issue. A time to come defers the issue. */
  defer_until?: string | null;
  external_ref?: string;
  spec_id?: string;
  await_id?: string;
  /** Replaces all metadata. */
  metadata?: Readonly<Record<string, unknown>>;
  set_metadata?: Readonly<Record<string, unknown>>;
  unset_metadata?: readonly string[];
  pinned?: boolean;
  /** Who closes it, where `status` is `closed`. */
  closed_by_session?: string;
}

/** The columns that a change sets, and the event that it is. */
export interface ChangePlan {
  readonly columns: Readonly<Record<string, SqlParameter>>;
  readonly event: EventType;
}

const TEXTS = [
  'title',
  'description',
  'design',
  'acceptance_criteria',
  'notes',
  'issue_type',
  'assignee',
  'external_ref',
  'spec_id',
  'await_id',
] as const;

/**
 * Works out what a change does to an issue: only columns whose value differs, with what follows from
 * a change of status. No columns: nothing is to be done.
 *
 * @param now UTC, `YYYY-MM-DD HH:MM:SS`
 * @throws AppError VALIDATION
 */
export function planChanges(issue: Issue, changes: FieldChanges, now: string): ChangePlan {
  const columns: Record<string, SqlParameter> = {};
  const texts = { ...changes, ...appended(issue, changes) };
  for (const field of TEXTS) {
    const value = texts[field];
    if (value === undefined) continue;
    requireFits(field, value);
    if (value !== (issue[field] ?? '')) columns[field] = value;
  }
  if (columns['title'] !== undefined && String(columns['title']).trim() === '') {
    throw new AppError('VALIDATION', 'title cannot be empty');
  }
  if (changes.priority !== undefined) {
    requirePriority(changes.priority);
    if (changes.priority !== issue.priority) columns['priority'] = changes.priority;
  }
  if (changes.estimated_minutes !== undefined) {
    requireEstimate(changes.estimated_minutes);
    if (changes.estimated_minutes !== issue.estimated_minutes) columns['estimated_minutes'] = changes.estimated_minutes;
  }
  if (changes.pinned !== undefined && changes.pinned !== (issue.pinned ?? false)) columns['pinned'] = changes.pinned;
  setTime(columns, 'due_at', issue.due_at, changes.due_at);
  setTime(columns, 'defer_until', issue.defer_until, changes.defer_until);
  setMetadata(columns, issue, changes);
  const status = changes.status ?? statusAfterDefer(issue, changes, now);
  const event = status === undefined ? 'updated' : setStatus(columns, issue, status, changes, now);
  return { columns, event };
}

function appended(issue: Issue, { notes, append_notes }: FieldChanges): { notes?: string } {
  if (append_notes === undefined || append_notes === '') return {};
  const before = notes ?? issue.notes ?? '';
  return { notes: before === '' ? append_notes : `${before}\n${append_notes}` };
}

function statusAfterDefer(issue: Issue, changes: FieldChanges, now: string): string | undefined {
  if (changes.defer_until === undefined) return undefined;
  if (changes.defer_until === null) return issue.status === 'deferred' ? 'open' : undefined;
  return toSqlTime('defer_until', changes.defer_until) > now ? 'deferred' : undefined;
}

function setStatus(
  columns: Record<string, SqlParameter>,
  issue: Issue,
  status: string,
  changes: FieldChanges,
  now: string,
): EventType {
  if (status === issue.status) return 'updated';
  columns['status'] = status;
  if (issue.pinned && changes.pinned === undefined) columns['pinned'] = false;
  if (status === 'in_progress' && issue.started_at === undefined) columns['started_at'] = now;
  if (status === 'closed') {
    columns['closed_at'] = now;
    columns['close_reason'] = 'Closed';
    if (changes.closed_by_session) {
      requireFits('closed_by_session', changes.closed_by_session);
      columns['closed_by_session'] = changes.closed_by_session;
    }
    return 'closed';
  }
  if (issue.status !== 'closed') return 'status_changed';
  columns['closed_at'] = null;
  columns['close_reason'] = '';
  columns['closed_by_session'] = '';
  return 'reopened';
}

function setTime(
  columns: Record<string, SqlParameter>,
  column: string,
  before: string | undefined,
  after: string | null | undefined,
): void {
  if (after === undefined) return;
  const value = after === null ? null : toSqlTime(column, after);
  if (value !== (before === undefined ? null : toSqlTime(column, before))) columns[column] = value;
}

function toSqlTime(field: string, rfc3339: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) throw new AppError('VALIDATION', `${field}: "${rfc3339}" is not a time`);
  return sqlTime(date);
}

function setMetadata(columns: Record<string, SqlParameter>, issue: Issue, changes: FieldChanges): void {
  if (!changes.metadata && !changes.set_metadata && !changes.unset_metadata) return;
  if (issue.metadata !== undefined && !isRecord(issue.metadata) && !changes.metadata) {
    throw new AppError(
      'VALIDATION',
      `the metadata of ${issue.id} is no JSON object; replace it as a whole with --metadata`,
    );
  }
  const before = isRecord(issue.metadata) ? issue.metadata : {};
  const after: Record<string, unknown> = { ...(changes.metadata ?? before), ...changes.set_metadata };
  for (const key of changes.unset_metadata ?? []) delete after[key];
  requireMetadata(after);
  if (stableJson(after) !== stableJson(before)) columns['metadata'] = JSON.stringify(after);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Dolt sorts the keys of what it stores. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isRecord(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
