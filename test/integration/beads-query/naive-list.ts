import type { IssueFilter, SortKey, TimeSpan } from '../../../src/beads/query/filter.ts';

/** An issue as the test inserted it. */
export interface StoredIssue {
  readonly wisp: boolean;
  readonly labels: readonly string[];
  readonly parent: string | undefined;
  /** Ids that it depends on with `blocks`. */
  readonly blocks: readonly string[];
  readonly comments: number;
  readonly row: Readonly<Record<string, string | number | null>>;
}

type Row = StoredIssue['row'];

/** What a filter means, once more, over rows in memory: the ids that match, in order. */
export function naiveList(
  issues: readonly StoredIssue[],
  filter: IssueFilter,
  sort: SortKey,
  reverse: boolean,
  now: Date,
): string[] {
  const found = issues.filter((issue) => matches(issue, filter, now)).map(({ row }) => row);
  const compare = comparison(sort, now);
  found.sort((a, b) => (reverse ? -1 : 1) * compare(a, b));
  return found.map((row) => String(row['id']));
}

function matches(issue: StoredIssue, filter: IssueFilter, now: Date): boolean {
  const { row, labels } = issue;
  const text = (name: string) => String(row[name] ?? '');
  const has = (name: string, part: string | undefined) =>
    part === undefined || text(name).toLowerCase().includes(part.toLowerCase());
  const within = (name: string, span: TimeSpan | undefined) => {
    if (!span) return true;
    const value = row[name];
    if (typeof value !== 'string') return false;
    return (!span.after || value > sqlText(span.after)) && (!span.before || value < sqlText(span.before));
  };
  const is = (name: string, wanted: boolean | undefined) => wanted === undefined || (row[name] === 1) === wanted;
  const metadata = JSON.parse(text('metadata')) as Record<string, unknown>;
  const conditions: boolean[] = [
    filter.statuses?.includes(text('status')) ?? true,
    !filter.excludeStatuses?.includes(text('status')),
    filter.types?.includes(text('issue_type')) ?? true,
    !filter.excludeTypes?.includes(text('issue_type')),
    filter.priorities?.includes(Number(row['priority'])) ?? true,
    filter.priorityMin === undefined || Number(row['priority']) >= filter.priorityMin,
    filter.priorityMax === undefined || Number(row['priority']) <= filter.priorityMax,
    filter.assignee === undefined || row['assignee'] === filter.assignee,
    !filter.unassigned || text('assignee') === '',
    (filter.labels ?? []).every((label) => labels.includes(label)),
    filter.labelsAny === undefined || filter.labelsAny.some((label) => labels.includes(label)),
    !(filter.excludeLabels ?? []).some((label) => labels.includes(label)),
    filter.labelPattern === undefined || labels.some((label) => globOf(filter.labelPattern ?? '').test(label)),
    filter.labelRegex === undefined || labels.some((label) => new RegExp(filter.labelRegex ?? '').test(label)),
    !filter.unlabelled || labels.length === 0,
    (filter.titleContains ?? []).every((part) => has('title', part)),
    has('description', filter.descriptionContains),
    has('notes', filter.notesContains),
    has('external_ref', filter.externalContains),
    !filter.emptyDescription || text('description') === '',
    filter.search === undefined || ['title', 'id', 'external_ref'].some((name) => has(name, filter.search)),
    filter.ids?.includes(text('id')) ?? true,
    filter.specPrefix === undefined || text('spec_id').startsWith(filter.specPrefix),
    filter.parent === undefined || issue.parent === filter.parent,
    !filter.topLevel || issue.parent === undefined,
    within('created_at', filter.created),
    within('updated_at', filter.updated),
    within('closed_at', filter.closed),
    within('due_at', filter.due),
    within('defer_until', filter.deferUntil),
    !filter.deferred || row['defer_until'] !== null || row['status'] === 'deferred',
    !filter.awake || row['defer_until'] === null || text('defer_until') <= sqlText(now),
    !filter.overdue || (row['due_at'] !== null && text('due_at') < sqlText(now) && row['status'] !== 'closed'),
    is('pinned', filter.pinned),
    is('is_template', filter.templates),
    is('ephemeral', filter.ephemeral),
    filter.molType === undefined || row['mol_type'] === filter.molType,
    filter.wispType === undefined || row['wisp_type'] === filter.wispType,
    (filter.metadata ?? []).every(({ key, value }) => String(memberOf(metadata, key)) === value),
    filter.hasMetadataKey === undefined || memberOf(metadata, filter.hasMetadataKey) !== undefined,
  ];
  return conditions.every(Boolean);
}

function memberOf(metadata: Record<string, unknown>, key: string): unknown {
  if (key in metadata) return metadata[key];
  const parts = key.split('.');
  let value: unknown = metadata;
  for (const part of parts) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function globOf(glob: string): RegExp {
  const escaped = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 's');
}

type Compare = (a: Row, b: Row) => number;

function comparison(sort: SortKey, now: Date): Compare {
  const by =
    (name: string, descending = false): Compare =>
    (a, b) =>
      (descending ? -1 : 1) * compareValues(a[name] ?? null, b[name] ?? null);
  const recent = sqlText(new Date(now.getTime() - 48 * 3_600_000));
  const hybrid: Compare = (a, b) => {
    const [x, y] = [a, b].map((row) => String(row['created_at']) >= recent);
    if (x !== y) return x ? -1 : 1;
    return (x ? by('priority')(a, b) : 0) || by('created_at')(a, b);
  };
  const orders: Record<SortKey, Compare[]> = {
    priority: [by('priority'), by('created_at', true)],
    created: [by('created_at', true)],
    updated: [by('updated_at', true)],
    closed: [by('closed_at', true)],
    status: [by('status')],
    id: [],
    title: [by('title')],
    type: [by('issue_type')],
    assignee: [by('assignee')],
    hybrid: [hybrid],
    oldest: [by('created_at')],
  };
  const terms = [...orders[sort], by('id')];
  return (a, b) => terms.map((term) => term(a, b)).find((order) => order !== 0) ?? 0;
}

function compareValues(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}

function sqlText(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
