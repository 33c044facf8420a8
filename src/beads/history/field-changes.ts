import type { Row } from '../../database/types.ts';
import { ISSUE_COLUMNS, rfc3339 } from '../issue-row.ts';

/** A field that is not the same in two versions of a row. */
export interface FieldChange {
  /** Name of the column. */
  readonly field: string;
  /** Times as RFC 3339, flags as true and false, JSON as it is; null for NULL. */
  readonly before: unknown;
  readonly after: unknown;
}

const FLAGS = new Set(['ephemeral', 'pinned', 'is_template', 'no_history']);
const TIMES = new Set(['due_at', 'defer_until', 'last_activity', 'last_sync', 'snapshot_time']);
// Computed from the other fields.
const DERIVED = new Set(['content_hash']);
const DATETIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;

/**
 * The fields in which two versions of a row differ, in the order of an issue's columns; others after them.
 *
 * @example fieldChanges({ id: 'hm-a1', priority: 2 }, { id: 'hm-a1', priority: 1 })
 *   // [{ field: 'priority', before: 2, after: 1 }]
 */
export function fieldChanges(before: Row, after: Row): FieldChange[] {
  const columns = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...columns]
    .sort(byPlace)
    .filter((column) => !DERIVED.has(column) && !isSame(before[column], after[column]))
    .map((field) => ({
      field,
      before: fieldValue(field, before[field]),
      after: fieldValue(field, after[field]),
    }));
}

/** The value of a column as the JSON of an issue shows it. */
export function fieldValue(field: string, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (FLAGS.has(field)) return Number(value) !== 0;
  const isTime = TIMES.has(field) || field.endsWith('_at');
  return isTime && typeof value === 'string' && DATETIME.test(value) ? rfc3339(value) : value;
}

/** Dolt sorts the keys of JSON, so equal JSON has equal text. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined || typeof a !== 'object' || typeof b !== 'object') return a === b;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The drivers do not tell the order of columns. */
function byPlace(a: string, b: string): number {
  const [x, y] = [placeOf(a), placeOf(b)];
  return x === y ? (a < b ? -1 : 1) : x - y;
}

function placeOf(column: string): number {
  const index = (ISSUE_COLUMNS as readonly string[]).indexOf(column);
  return index < 0 ? ISSUE_COLUMNS.length : index;
}
