import { Flags, type Interfaces } from '@oclif/core';
import { parseDate } from '../beads/dates.ts';
import { parsePriority } from '../beads/operations/new-issue.ts';
import type { IssueFilter, TimeSpan } from '../beads/query/filter.ts';
import { AppError } from '../errors.ts';
import { REPEATED } from './repeated.ts';

const FILTER = { helpGroup: 'FILTER' };
const many = (summary: string, char?: 's' | 'l' | 't') =>
  Flags.string({
    summary,
    delimiter: ',',
    ...REPEATED,
    ...(char ? { char } : {}),
    ...FILTER,
  });
const text = (summary: string, helpValue = 'TEXT') => Flags.string({ summary, helpValue, ...FILTER });
const time = (summary: string) => Flags.string({ summary, helpValue: 'TIME', ...FILTER });
const yes = (summary: string) => Flags.boolean({ summary, ...FILTER });

/** The flags by which issues are chosen; `list`, `search` and `count` take all of them. */
export const filterFlags = {
  status: many('status, or several', 's'),
  type: many('type, or several', 't'),
  'exclude-type': many('not of these types'),
  priority: Flags.string({ char: 'p', summary: 'priority: 0-4 or P0-P4', helpValue: 'N', ...FILTER }),
  'priority-min': text('this priority or less urgent', 'N'),
  'priority-max': text('this priority or more urgent', 'N'),
  assignee: Flags.string({ char: 'a', summary: 'assigned to', helpValue: 'NAME', ...FILTER }),
  'no-assignee': yes('assigned to nobody'),
  label: many('with all of these labels', 'l'),
  'label-any': many('with at least one of these labels'),
  'label-pattern': text('with a label like this: tech-*', 'GLOB'),
  'label-regex': text('with a label that matches', 'REGEX'),
  'exclude-label': many('with none of these labels'),
  'no-labels': yes('without labels'),
  title: text('title contains'),
  'title-contains': text('title contains'),
  'desc-contains': text('description contains'),
  'notes-contains': text('notes contain'),
  'external-contains': text('external reference contains'),
  'empty-description': yes('without description'),
  id: many('these ids'),
  spec: text('spec id begins with', 'PREFIX'),
  parent: text('children of this issue', 'ID'),
  'no-parent': yes('without a parent'),
  'created-after': time('created after'),
  'created-before': time('created before'),
  'updated-after': time('updated after'),
  'updated-before': time('updated before'),
  'closed-after': time('closed after'),
  'closed-before': time('closed before'),
  'due-after': time('due after'),
  'due-before': time('due before'),
  'defer-after': time('deferred until after'),
  'defer-before': time('deferred until before'),
  deferred: yes('put off'),
  overdue: yes('due already'),
  pinned: Flags.boolean({ summary: 'pinned', exclusive: ['no-pinned'], ...FILTER }),
  'no-pinned': yes('not pinned'),
  'metadata-field': Flags.string({
    summary: 'metadata has this value',
    helpValue: 'KEY=VALUE',
    ...REPEATED,
    ...FILTER,
  }),
  'has-metadata-key': text('metadata has this key', 'KEY'),
  'mol-type': text('molecule type', 'TYPE'),
  'wisp-type': text('wisp type', 'TYPE'),
} as const;

export type FilterFlags = Partial<Interfaces.InferredFlags<typeof filterFlags>>;

/**
 * The filter that flags stand for. `parent` is taken as it is: a command that takes partial ids
 * resolves it.
 *
 * @throws AppError VALIDATION for a time, a priority or a `KEY=VALUE` that cannot be read
 */
export function filterOf(flags: FilterFlags, now: Date): IssueFilter {
  const titles = [flags.title, flags['title-contains']].filter((each) => each !== undefined);
  return defined({
    statuses: withoutAll(flags.status),
    types: flags.type,
    excludeTypes: flags['exclude-type'],
    priorities: flags.priority === undefined ? undefined : [parsePriority(flags.priority)],
    priorityMin: flags['priority-min'] === undefined ? undefined : parsePriority(flags['priority-min']),
    priorityMax: flags['priority-max'] === undefined ? undefined : parsePriority(flags['priority-max']),
    assignee: flags.assignee,
    unassigned: flags['no-assignee'],
    labels: flags.label,
    labelsAny: flags['label-any'],
    labelPattern: flags['label-pattern'],
    labelRegex: flags['label-regex'],
    excludeLabels: flags['exclude-label'],
    unlabelled: flags['no-labels'],
    titleContains: titles.length > 0 ? titles : undefined,
    descriptionContains: flags['desc-contains'],
    notesContains: flags['notes-contains'],
    externalContains: flags['external-contains'],
    emptyDescription: flags['empty-description'],
    ids: flags.id,
    specPrefix: flags.spec,
    parent: flags.parent,
    topLevel: flags['no-parent'],
    created: span(flags['created-after'], flags['created-before'], now),
    updated: span(flags['updated-after'], flags['updated-before'], now),
    closed: span(flags['closed-after'], flags['closed-before'], now),
    due: span(flags['due-after'], flags['due-before'], now),
    deferUntil: span(flags['defer-after'], flags['defer-before'], now),
    deferred: flags.deferred,
    overdue: flags.overdue,
    pinned: flags.pinned ? true : flags['no-pinned'] ? false : undefined,
    metadata: flags['metadata-field']?.map(keyValue),
    hasMetadataKey: flags['has-metadata-key'],
    molType: flags['mol-type'],
    wispType: flags['wisp-type'],
  });
}

/** `--status all` means every status. */
export function asksForAll(flags: FilterFlags): boolean {
  return flags.status?.some((status) => status.trim().toLowerCase() === 'all') ?? false;
}

function withoutAll(statuses: readonly string[] | undefined): readonly string[] | undefined {
  return statuses?.some((status) => status.trim().toLowerCase() === 'all') ? undefined : statuses;
}

function span(after: string | undefined, before: string | undefined, now: Date): TimeSpan | undefined {
  if (after === undefined && before === undefined) return undefined;
  return {
    ...(after === undefined ? {} : { after: parseDate(after, now) }),
    ...(before === undefined ? {} : { before: parseDate(before, now) }),
  };
}

function keyValue(text: string): { key: string; value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { key: text.slice(0, at), value: text.slice(at + 1) };
  throw new AppError('VALIDATION', `"${text}" is not KEY=VALUE`);
}

/** Flags that were not given, and switches that are off, are no part of the filter. */
function defined(filter: { [K in keyof IssueFilter]: IssueFilter[K] | undefined }): IssueFilter {
  return Object.fromEntries(
    Object.entries(filter).filter(([key, value]) => value !== undefined && (value !== false || key === 'pinned')),
  );
}
