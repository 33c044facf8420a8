import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { parseStatuses } from '../settings.ts';
import {
  BUILT_IN_STATUSES,
  BUILT_IN_TYPES,
  CORE_TYPES,
  INFRA_TYPES,
  NOT_WORK_TYPES,
  normalizeType,
  type StatusCategory,
} from '../vocabulary.ts';

/** The statuses and types of one database beside the built-in ones. */
export interface KnownWords {
  readonly customStatuses: ReadonlyMap<string, StatusCategory>;
  readonly customTypes: readonly string[];
  readonly infraTypes: readonly string[];
}

/** Reads them in one round trip. Unlike what a writer reads, a database without a prefix will do. */
export async function readKnownWords(db: Queryable, ctx: Pick<BeadsContext, 'setting'>): Promise<KnownWords> {
  const rows = await db.query(
    "SELECT `key`, value FROM config WHERE `key` IN ('status.custom', 'types.custom', 'types.infra')",
  );
  const stored = new Map(rows.map((row) => [String(row['key']), String(row['value'] ?? '')]));
  const value = (key: string) => stored.get(key) || ctx.setting(key) || '';
  const names = (key: string) => [...parseStatuses(value(key)).keys()];
  const infraTypes = names('types.infra');
  return {
    customStatuses: parseStatuses(value('status.custom')),
    customTypes: names('types.custom'),
    infraTypes: infraTypes.length > 0 ? infraTypes : INFRA_TYPES,
  };
}

/**
 * The statuses that a reader asks for, checked.
 *
 * @throws AppError VALIDATION with the wording of the Go `bd`'s `list`
 */
export function knownStatuses(typed: readonly string[], words: KnownWords): string[] {
  const known = [...BUILT_IN_STATUSES.map(({ name }) => name), ...words.customStatuses.keys()];
  return typed.map((status) => {
    const name = status.trim().toLowerCase();
    if (known.includes(name)) return name;
    throw new AppError('VALIDATION', `invalid status "${status}" (valid: ${known.join(', ')})`);
  });
}

/**
 * The types that a reader asks for, in their one spelling, checked.
 *
 * @throws AppError VALIDATION with the wording of the Go `bd`'s `list`
 */
export function knownTypes(typed: readonly string[], words: KnownWords): string[] {
  const known: readonly string[] = [...BUILT_IN_TYPES, ...INFRA_TYPES, ...NOT_WORK_TYPES, ...words.customTypes];
  const named: readonly string[] = [...CORE_TYPES.map(({ name }) => name), ...words.customTypes];
  // The order in which the Go `bd` names the built-in ones.
  const order = ['bug', 'feature', 'task', 'epic', 'chore', 'decision'];
  const valid = [...order, ...named.filter((name) => !order.includes(name))].join(', ');
  return typed.map((type) => {
    const name = normalizeType(type);
    if (known.includes(name) || words.infraTypes.includes(name)) return name;
    throw new AppError('VALIDATION', `invalid issue type "${type}" (valid: ${valid})`);
  });
}
