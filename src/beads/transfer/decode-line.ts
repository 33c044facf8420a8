import { AppError } from '../../errors.ts';
import { requireFits } from '../field-limits.ts';
import type { Comment, Dependency, Issue } from '../issue.ts';
import { INFRA_TYPES, normalizeType } from '../vocabulary.ts';
import { decodeComments, decodeDependencies } from './decode-parts.ts';
import { Fields } from './fields.ts';
import { type Line, lineError } from './lines.ts';

/** What one line of an export says. */
export type Entry = IssueEntry | MemoryEntry | { readonly kind: 'skipped' };

export interface IssueEntry {
  readonly kind: 'issue';
  /** Without labels, dependencies and comments. */
  readonly issue: Issue;
  /** Names of the fields that the line has, also those that it says are empty. */
  readonly given: ReadonlySet<string>;
  readonly labels: readonly string[];
  /** One for each target. */
  readonly dependencies: readonly Dependency[];
  readonly comments: readonly Comment[];
}

export interface MemoryEntry {
  readonly kind: 'memory';
  readonly key: string;
  readonly value: string;
}

const LONG_TEXTS = ['description', 'design', 'acceptance_criteria', 'notes', 'close_reason', 'payload'] as const;

const NEVER_EMPTY = ['status', 'priority', 'issue_type', 'created_at', 'updated_at'] as const;

/**
 * Reads a line of `bd export`, of ours or of the Go `bd`, older ones too: `tombstone` lines are
 * skipped, `wisp: true` means ephemeral. Keys that are not known are passed over.
 *
 * @param now RFC 3339, for a line without times
 * @throws AppError VALIDATION naming the line
 */
export function decodeLine(line: Line, now: string): Entry {
  try {
    return decode(line.value, now);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'VALIDATION') throw error;
    throw lineError(line.number, error.message, error);
  }
}

function decode(value: unknown, now: string): Entry {
  const fields = new Fields(value);
  const kind = fields.text('_type') || 'issue';
  if (kind === 'memory') return { kind, key: fields.required('key'), value: fields.text('value') };
  if (kind !== 'issue' || fields.text('status') === 'tombstone') return { kind: 'skipped' };
  const issue = decodeIssueFields(fields, now);
  return {
    kind,
    issue,
    given: fields.names(NEVER_EMPTY),
    labels: [...new Set(fields.texts('labels'))].sort(),
    dependencies: decodeDependencies(fields.list('dependencies'), issue),
    comments: decodeComments(fields.list('comments'), issue),
  };
}

function decodeIssueFields(fields: Fields, now: string): Issue {
  const status = fields.text('status') || 'open';
  const createdAt = fields.time('created_at') ?? now;
  const updatedAt = fields.time('updated_at') ?? createdAt;
  const type = normalizeType(fields.text('issue_type') || 'task');
  const infrastructure = (INFRA_TYPES as readonly string[]).includes(type);
  const issue: Record<string, unknown> = {
    id: fields.id(),
    title: fields.required('title'),
    ...fields.givenTexts([...LONG_TEXTS.slice(0, 4), 'spec_id']),
    status,
    priority: fields.priority(),
    issue_type: type,
    ...fields.givenTexts(['assignee', 'owner', 'created_by']),
    ...fields.givenNumbers(['estimated_minutes']),
    created_at: createdAt,
    updated_at: updatedAt,
    ...fields.givenTimes(['started_at', 'due_at', 'defer_until', 'compacted_at']),
    // Closed and closed_at go together in every row.
    ...(status === 'closed' ? { closed_at: fields.time('closed_at') ?? updatedAt } : {}),
    ...fields.givenTexts([...LONG_TEXTS.slice(4), 'closed_by_session', 'external_ref', 'source_system', 'sender']),
    ...fields.givenTexts(['compacted_at_commit', 'wisp_type', 'await_type', 'await_id', 'mol_type', 'work_type']),
    ...fields.givenTexts(['event_kind', 'actor', 'target']),
    ...fields.givenNumbers(['compaction_level', 'original_size']),
    ...fields.givenNumbers(['timeout'], Number.MAX_SAFE_INTEGER),
    ...fields.givenFlags(['no_history', 'pinned', 'is_template']),
    ...(fields.flag('ephemeral') || fields.flag('wisp') || infrastructure ? { ephemeral: true } : {}),
    ...fields.metadata(),
    ...(fields.texts('waiters').length > 0 ? { waiters: fields.texts('waiters') } : {}),
  };
  for (const [name, value] of Object.entries(issue)) if (typeof value === 'string') requireFits(name, value);
  // Fields has checked each value's type.
  return issue as unknown as Issue;
}
