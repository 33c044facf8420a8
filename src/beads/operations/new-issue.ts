import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { sqlTime } from '../dates.ts';
import { requireFits } from '../field-limits.ts';
import type { Issue } from '../issue.ts';
import { rfc3339 } from '../issue-row.ts';
import { missingSections } from '../required-sections.ts';
import { requireStatus, requireType, type Settings } from '../settings.ts';
import { MOLECULE_TYPES, normalizeType, WAITS_FOR_GATES, WISP_TYPES } from '../vocabulary.ts';
import { NEW_ISSUE_FIELDS, requireFields } from './given-fields.ts';
import { normalizeLabels } from './label-names.ts';

/** The fields that a caller sets on a new issue, named as in {@link Issue}. */
export type NewIssueFields = Partial<
  Pick<
    Issue,
    | 'description'
    | 'design'
    | 'acceptance_criteria'
    | 'notes'
    | 'spec_id'
    | 'status'
    | 'priority'
    | 'issue_type'
    | 'assignee'
    | 'owner'
    | 'estimated_minutes'
    | 'due_at'
    | 'defer_until'
    | 'external_ref'
    | 'source_system'
    | 'metadata'
    | 'sender'
    | 'ephemeral'
    | 'no_history'
    | 'wisp_type'
    | 'pinned'
    | 'is_template'
    | 'await_type'
    | 'await_id'
    | 'timeout'
    | 'waiters'
    | 'mol_type'
    | 'work_type'
    | 'event_kind'
    | 'actor'
    | 'target'
    | 'payload'
  >
>;

/** A dependency of a new issue. */
export interface InitialDependency {
  readonly type: string;
  readonly id: string;
  /** True when the other issue depends on the new one (`blocks:X`). */
  readonly inverted?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What `createIssue` takes. Times are RFC 3339. */
export interface NewIssue extends NewIssueFields {
  title: string;
  /** A whole id instead of a generated one. */
  id?: string;
  /** Accept an `id` with a prefix that this database does not know. */
  force?: boolean;
  /** The issue becomes a child of this one, with an id below its id. */
  parent?: string;
  /** Whether a child gets its parent's labels. Default true. */
  inherit_labels?: boolean;
  labels?: readonly string[];
  dependencies?: readonly InitialDependency[];
  /** Wait until the children of this issue are closed. */
  waits_for?: string;
  /** Whether all children or any one must be closed. Default `all-children`. */
  waits_for_gate?: string;
  /** Require the sections that an issue of its type should have; `validation.on-create: error` does it always. */
  validate?: boolean;
}

/** A new issue whose fields are checked; it lacks the id and what depends on other issues. */
export interface Draft {
  readonly input: NewIssue;
  readonly wisp: boolean;
  readonly labels: readonly string[];
  /** With an empty id. */
  readonly issue: Issue;
}

/**
 * Checks the fields of a new issue and fills in the defaults. Asks nothing of the database.
 *
 * @throws AppError VALIDATION
 */
export function draftIssue(input: NewIssue, settings: Settings, ctx: BeadsContext): Draft {
  requireFields('a new issue', input, NEW_ISSUE_FIELDS);
  const title = (input.title ?? '').trim() === '' ? '' : input.title;
  if (title === '') throw new AppError('VALIDATION', 'title required (or use --file to create from markdown)');
  const type = normalizeType(input.issue_type || 'task');
  requireType(type, settings);
  const status = input.status ?? 'open';
  requireStatus(status, settings);
  const priority = input.priority ?? 2;
  requirePriority(priority);
  requireOneOf('wisp-type', input.wisp_type, WISP_TYPES);
  requireOneOf('mol-type', input.mol_type, MOLECULE_TYPES);
  requireOneOf('waits-for-gate', input.waits_for_gate, WAITS_FOR_GATES);
  requireEstimate(input.estimated_minutes);
  requireMetadata(input.metadata);
  requireDescription(input, type, ctx);
  const { id, force, parent, inherit_labels, labels, dependencies, waits_for, waits_for_gate, validate, ...fields } =
    input;
  const infrastructure = settings.infraTypes.includes(type);
  const at = ctx
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const issue: Issue = {
    // The keys come in this order in JSON.
    id: '',
    ...fields,
    ...storedTimes(input),
    title,
    status,
    priority,
    issue_type: type,
    created_at: at,
    created_by: ctx.actor,
    updated_at: at,
    ...(input.owner || ctx.owner ? { owner: input.owner || ctx.owner } : {}),
    ...(input.ephemeral || infrastructure ? { ephemeral: true } : {}),
  };
  for (const [field, value] of Object.entries(issue)) {
    if (typeof value === 'string') requireFits(field, value);
  }
  if (issue.waiters) requireFits('waiters', JSON.stringify(issue.waiters));
  return {
    input,
    wisp: issue.ephemeral === true || issue.no_history === true,
    labels: normalizeLabels(labels ?? []),
    issue: withoutEmpty(issue),
  };
}

/**
 * A priority as people type it: `0` to `4`, or `P0` to `P4`.
 *
 * @throws AppError VALIDATION
 * @example parsePriority('P1') // 1
 */
export function parsePriority(text: string): number {
  const match = /^[Pp]?([0-4])$/.exec(text.trim());
  if (!match) {
    throw new AppError(
      'VALIDATION',
      `invalid priority "${text}" (expected 0-4 or P0-P4, not words like high/medium/low)`,
    );
  }
  return Number(match[1]);
}

/** @throws AppError VALIDATION */
export function requirePriority(priority: number): void {
  if (Number.isInteger(priority) && priority >= 0 && priority <= 4) return;
  parsePriority(String(priority));
  throw new AppError('VALIDATION', `invalid priority "${priority}"`);
}

/** What the column holds. */
const MOST_MINUTES = 2_147_483_647;

/** @throws AppError VALIDATION */
export function requireEstimate(minutes: number | undefined): void {
  if (minutes === undefined || (Number.isInteger(minutes) && minutes >= 0 && minutes <= MOST_MINUTES)) return;
  if (minutes > MOST_MINUTES) throw new AppError('VALIDATION', `estimate must be at most ${MOST_MINUTES} minutes`);
  throw new AppError('VALIDATION', 'estimate must be a non-negative number of minutes');
}

/** @throws AppError VALIDATION */
export function requireMetadata(metadata: unknown): void {
  if (metadata === undefined) return;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw new AppError('VALIDATION', 'metadata must be a JSON object');
  }
  requireFits('metadata', JSON.stringify(metadata));
}

/** Times as they are kept: in UTC, whole seconds. */
function storedTimes(input: NewIssue): Pick<NewIssue, 'due_at' | 'defer_until'> {
  const stored: Pick<NewIssue, 'due_at' | 'defer_until'> = {};
  for (const field of ['due_at', 'defer_until'] as const) {
    const value = input[field];
    if (!value) continue;
    const date = new Date(value);
    if (Number.isNaN(date.getTime())) throw new AppError('VALIDATION', `${field}: "${value}" is not a time`);
    stored[field] = rfc3339(sqlTime(date));
  }
  return stored;
}

function requireDescription(input: NewIssue, type: string, ctx: BeadsContext): void {
  if (ctx.setting('create.require-description') === 'true' && !input.description?.trim()) {
    throw new AppError('VALIDATION', 'description is required', {
      hint: 'set create.require-description: false in config.yaml to disable',
    });
  }
  if (!input.validate && ctx.setting('validation.on-create') !== 'error') return;
  const { description, acceptance_criteria } = input;
  const missing = missingSections({
    issue_type: type,
    ...(description ? { description } : {}),
    ...(acceptance_criteria ? { acceptance_criteria } : {}),
  });
  if (missing.length > 0)
    throw new AppError('VALIDATION', `missing required sections for ${type}: ${missing.join(', ')}`);
}

function requireOneOf(field: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || value === '' || allowed.includes(value)) return;
  throw new AppError('VALIDATION', `invalid ${field} "${value}" (must be one of ${allowed.join(', ')})`);
}

/** Empty texts, false and empty lists are how "not given" looks in JSON; an issue leaves them out. */
function withoutEmpty(issue: Issue): Issue {
  const always = ['id', 'priority', 'estimated_minutes'];
  const kept = Object.entries(issue).filter(([key, value]) =>
    always.includes(key) ? value !== undefined : !isEmpty(value),
  );
  // What is left out is optional in Issue: its required fields were checked to be there.
  return Object.fromEntries(kept) as unknown as Issue;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
