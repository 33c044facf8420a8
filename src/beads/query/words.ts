import type { BeadsContext } from '../context.ts';
import { BUILT_IN_STATUSES, type BuiltInStatus, CORE_TYPES, type StatusCategory } from '../vocabulary.ts';
import { readKnownWords } from './known-words.ts';

/** What `bd statuses --json` prints. */
export interface StatusesResult {
  built_in_statuses: readonly BuiltInStatus[];
  custom_statuses: { name: string; category: StatusCategory }[];
}

/** What `bd types --json` prints. */
export interface TypesResult {
  core_types: readonly { name: string; description: string }[];
  custom_types?: readonly string[];
}

/** The statuses that issues of this database can have. */
export async function listStatuses(ctx: BeadsContext): Promise<StatusesResult> {
  const { customStatuses } = await readKnownWords(ctx.db, ctx);
  const custom = [...customStatuses].map(([name, category]) => ({ name, category }));
  return { built_in_statuses: BUILT_IN_STATUSES, custom_statuses: custom };
}

/** The types that issues of this database can have. */
export async function listTypes(ctx: BeadsContext): Promise<TypesResult> {
  const { customTypes } = await readKnownWords(ctx.db, ctx);
  return { core_types: CORE_TYPES, ...(customTypes.length > 0 ? { custom_types: customTypes } : {}) };
}
