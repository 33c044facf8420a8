import { TEXT_COLUMN_BYTES } from '../field-limits.ts';
import type { Issue } from '../issue.ts';

export type EventType =
  | 'created'
  | 'updated'
  | 'status_changed'
  | 'commented'
  | 'closed'
  | 'reopened'
  | 'claimed'
  | 'label_added'
  | 'label_removed';

/** One row of `events`: what happened to an issue. */
export interface IssueEvent {
  readonly issueId: string;
  readonly wisp: boolean;
  readonly type: EventType;
  readonly oldValue?: string | null;
  readonly newValue?: string | null;
  readonly comment?: string | null;
}

const LONG_FIELDS = [
  'description',
  'design',
  'acceptance_criteria',
  'notes',
  'payload',
  'metadata',
  'close_reason',
] as const;

/**
 * An issue, or the changes to one, as the JSON of an event. It fits the events of every database, so
 * the longest fields are left out until it does; Dolt's history has them in full.
 */
export function eventJson(value: Partial<Issue> | Readonly<Record<string, unknown>>): string {
  const copy: Record<string, unknown> = { ...value };
  let json = JSON.stringify(copy);
  while (Buffer.byteLength(json) > TEXT_COLUMN_BYTES) {
    const longest = LONG_FIELDS.map((field) => [field, JSON.stringify(copy[field] ?? '').length] as const).sort(
      (a, b) => b[1] - a[1],
    )[0];
    if (!longest || longest[1] <= 200) return JSON.stringify({ omitted: 'too long for an event' });
    copy[longest[0]] = `[${longest[1]} characters left out]`;
    json = JSON.stringify(copy);
  }
  return json;
}
