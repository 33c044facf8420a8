import { AppError } from '../../errors.ts';

type Kind = 'text' | 'number' | 'flag' | 'list' | 'object' | 'any';
type Kinds = Readonly<Record<string, Kind>>;

const of = (kind: Kind, names: string): Kinds => Object.fromEntries(names.split(' ').map((name) => [name, kind]));

const TEXTS =
  'title description design acceptance_criteria notes spec_id status issue_type assignee external_ref await_id parent';

/** The fields of `NewIssue`. */
export const NEW_ISSUE_FIELDS: Kinds = {
  ...of('text', `${TEXTS} owner due_at defer_until source_system sender wisp_type await_type mol_type work_type`),
  ...of('text', 'event_kind actor target payload id waits_for waits_for_gate'),
  ...of('number', 'priority estimated_minutes timeout'),
  ...of('flag', 'ephemeral no_history pinned is_template force inherit_labels validate'),
  ...of('list', 'labels dependencies waiters'),
  ...of('any', 'metadata'),
};

/** The fields of `IssueChanges`. */
export const CHANGED_FIELDS: Kinds = {
  ...of('text', `${TEXTS} append_notes due_at defer_until closed_by_session`),
  ...of('number', 'priority estimated_minutes'),
  ...of('flag', 'pinned claim ephemeral no_history'),
  ...of('list', 'unset_metadata add_labels remove_labels set_labels'),
  ...of('object', 'set_metadata'),
  ...of('any', 'metadata'),
};

/**
 * Refuses what the types refuse, for programs without them: a field that nobody knows would be lost,
 * a text in the place of a list would be taken letter by letter.
 *
 * @throws AppError VALIDATION
 * @example requireFields('a new issue', { titel: 'Fix' }, NEW_ISSUE_FIELDS) // throws
 */
export function requireFields(what: string, given: unknown, kinds: Kinds): void {
  if (kindOf(given) !== 'object') throw new AppError('VALIDATION', `${what} is an object of fields`);
  for (const [name, value] of Object.entries(given ?? {})) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new AppError('VALIDATION', `${what} has no field "${name}"`, {
        hint: `its fields are: ${Object.keys(kinds).sort().join(', ')}`,
      });
    }
    if (value === undefined || value === null || kind === 'any' || kindOf(value) === kind) continue;
    throw new AppError('VALIDATION', `"${name}" of ${what} must be a ${NAMES[kind]}, and is a ${NAMES[kindOf(value)]}`);
  }
}

const NAMES: Readonly<Record<Kind, string>> = {
  text: 'text',
  number: 'number',
  flag: 'boolean',
  list: 'list',
  object: 'object',
  any: 'value of another type',
};

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'flag';
  if (typeof value === 'number') return 'number';
  return typeof value === 'object' && value !== null ? 'object' : 'any';
}
