import type { Queryable, Row } from '../database/types.ts';
import { AppError } from '../errors.ts';
import type { BeadsContext } from './context.ts';
import type { LengthLimits } from './ids/hash-id.ts';
import { recently } from './recent.ts';
import { BUILT_IN_STATUSES, BUILT_IN_TYPES, INFRA_TYPES, type StatusCategory } from './vocabulary.ts';

/** What the database's `config` table says about ids, types and statuses. */
export interface Settings {
  /** Prefix of new ids, without the dash. */
  readonly prefix: string;
  /** All prefixes that explicit ids may have, the database's own first. */
  readonly prefixes: readonly string[];
  readonly idMode: 'hash' | 'counter';
  readonly idLength: LengthLimits;
  readonly customTypes: readonly string[];
  readonly infraTypes: readonly string[];
  readonly customStatuses: ReadonlyMap<string, StatusCategory>;
}

const KEYS = [
  'issue_prefix',
  'allowed_prefixes',
  'issue_id_mode',
  'min_hash_length',
  'max_hash_length',
  'max_collision_prob',
  'types.custom',
  'types.infra',
  'status.custom',
];

/**
 * Reads the settings, in one round trip; a context that lives longer asks once in a second. What the
 * table lacks comes from `config.yaml`.
 *
 * @throws AppError CONFIG_INVALID when the database has no prefix
 */
export function readSettings(ctx: BeadsContext): Promise<Settings> {
  return recently(ctx.recent, 'settings', () => readSettingsNow(ctx.db, ctx));
}

/** The rows of `readSettings`. */
export function readStoredSettings(db: Queryable): Promise<Row[]> {
  return db.query(`SELECT \`key\`, value FROM config WHERE \`key\` IN (${KEYS.map(() => '?').join(', ')})`, KEYS);
}

async function readSettingsNow(db: Queryable, ctx: BeadsContext): Promise<Settings> {
  const rows = await readStoredSettings(db);
  const stored = new Map(rows.map((row) => [String(row['key']), String(row['value'] ?? '')]));
  const value = (key: string) => stored.get(key) || ctx.setting(key) || '';
  const prefix = (stored.get('issue_prefix') || ctx.setting('issue-prefix') || '').replace(/-$/, '');
  if (prefix === '') {
    throw new AppError('CONFIG_INVALID', 'database not initialized: issue_prefix config is missing', {
      hint: "run 'bd init --prefix <prefix>' first",
    });
  }
  return {
    prefix,
    prefixes: [prefix, ...list(value('allowed_prefixes'))],
    idMode: value('issue_id_mode') === 'counter' ? 'counter' : 'hash',
    idLength: {
      min: Math.min(number(value('min_hash_length'), 3), 8),
      max: Math.min(number(value('max_hash_length'), 8), 8),
      probability: number(value('max_collision_prob'), 0.25),
    },
    customTypes: list(value('types.custom')),
    infraTypes: value('types.infra') === '' ? INFRA_TYPES : list(value('types.infra')),
    customStatuses: parseStatuses(value('status.custom')),
  };
}

/**
 * `review:active, parked` as names with categories.
 *
 * @example parseStatuses('review:active,parked') // review => active, parked => unspecified
 */
export function parseStatuses(text: string): Map<string, StatusCategory> {
  return new Map(
    list(text).map((entry) => {
      const [name = '', category = 'unspecified'] = entry.split(':').map((part) => part.trim());
      return [name, isCategory(category) ? category : 'unspecified'];
    }),
  );
}

/** @throws AppError VALIDATION with the wording of an update */
export function requireStatus(status: string, settings: Settings): void {
  if (statusCategory(status, settings) !== undefined) return;
  const builtIn = BUILT_IN_STATUSES.map(({ name }) => name).join(', ');
  throw new AppError(
    'VALIDATION',
    `invalid status "${status}" (built-in: ${builtIn}; or configure custom statuses via 'bd config set status.custom')`,
  );
}

/**
 * @param id named in the message; empty for an issue that has none yet
 * @throws AppError VALIDATION
 */
export function requireType(type: string, settings: Settings, id = ''): void {
  const known: readonly string[] = [...BUILT_IN_TYPES, ...settings.customTypes, ...settings.infraTypes];
  if (known.includes(type)) return;
  throw new AppError('VALIDATION', `validation failed for issue ${id}: invalid issue type: ${type}`, {
    hint: `types: ${[...BUILT_IN_TYPES, ...settings.customTypes].join(', ')}; more with: bd config set types.custom`,
  });
}

/** What a status means, or undefined for one that this database does not know. */
export function statusCategory(status: string, settings: Settings): StatusCategory | undefined {
  const builtIn = BUILT_IN_STATUSES.find(({ name }) => name === status);
  return builtIn?.category ?? settings.customStatuses.get(status);
}

function isCategory(text: string): text is StatusCategory {
  return ['active', 'wip', 'done', 'frozen', 'unspecified'].includes(text);
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function number(text: string, otherwise: number): number {
  const value = Number(text);
  return text !== '' && Number.isFinite(value) && value > 0 ? value : otherwise;
}
