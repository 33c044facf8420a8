/** A span of time; both ends are excluded. */
export interface TimeSpan {
  after?: Date;
  before?: Date;
}

/**
 * Which issues. Every part that is given must hold. Comparisons of text are of substrings and
 * ignore case; ids, labels, names and types are compared exactly.
 */
export interface IssueFilter {
  statuses?: readonly string[];
  excludeStatuses?: readonly string[];
  types?: readonly string[];
  excludeTypes?: readonly string[];
  priorities?: readonly number[];
  priorityMin?: number;
  priorityMax?: number;
  assignee?: string;
  unassigned?: boolean;
  /** All of these. */
  labels?: readonly string[];
  /** At least one of these. */
  labelsAny?: readonly string[];
  /** None of these. */
  excludeLabels?: readonly string[];
  /** A label like this: `*` any text, `?` one character. */
  labelPattern?: string;
  /** A label that matches this regular expression. */
  labelRegex?: string;
  unlabelled?: boolean;
  titleContains?: readonly string[];
  descriptionContains?: string;
  notesContains?: string;
  externalContains?: string;
  emptyDescription?: boolean;
  /** Title or id contains it; an id, a beginning of one, or an external reference is found too. */
  search?: string;
  ids?: readonly string[];
  /** `spec_id` begins with it. */
  specPrefix?: string;
  /** Child of this issue. */
  parent?: string;
  /** True: has no parent. */
  topLevel?: boolean;
  created?: TimeSpan;
  updated?: TimeSpan;
  closed?: TimeSpan;
  due?: TimeSpan;
  deferUntil?: TimeSpan;
  /** Put off: status `deferred`, or a time to come back. */
  deferred?: boolean;
  /** Not put off to a time that is still to come. */
  awake?: boolean;
  /** Due before now and not closed. */
  overdue?: boolean;
  pinned?: boolean;
  templates?: boolean;
  ephemeral?: boolean;
  molType?: string;
  wispType?: string;
  /** Fields of the metadata and their values as text; `a.b` also finds `b` within `a`. */
  metadata?: readonly { readonly key: string; readonly value: string }[];
  hasMetadataKey?: string;
}

export const SORT_KEYS = [
  'priority',
  'created',
  'updated',
  'closed',
  'status',
  'id',
  'title',
  'type',
  'assignee',
] as const;

/**
 * Orders of lists: `priority` is priority, newest, id; times are newest first; the rest ascends.
 * `hybrid` (what was created in the last 48 hours by priority, then the oldest) and `oldest` are
 * those of `bd ready`.
 */
export type SortKey = (typeof SORT_KEYS)[number] | 'hybrid' | 'oldest';
