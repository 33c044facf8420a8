import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { resolveIds } from '../ids/resolve.ts';
import type { Dependency } from '../issue.ts';
import { readLayers } from './layers.ts';
import { type Direction, type LinkedIssue, readLinks } from './links.ts';
import { readDependencies } from './related.ts';

/** The dependencies of one issue in one direction. */
export interface DependencyList {
  readonly id: string;
  readonly links: readonly LinkedIssue[];
  /** Dependencies on what this database does not hold: external issues, deleted ones. */
  readonly elsewhere: readonly Dependency[];
}

/**
 * What issues depend on, or what depends on them.
 *
 * @param inputs ids, whole or in part
 * @param options `type`: only dependencies of this kind
 * @returns lists in the order of `inputs`, and an error for each id that was not found
 */
export async function listDependencies(
  ctx: BeadsContext,
  inputs: readonly string[],
  options: { direction?: Direction; type?: string | undefined } = {},
): Promise<{ lists: DependencyList[]; failures: AppError[] }> {
  const direction = options.direction ?? 'down';
  const resolved = await resolveIds(ctx.db, inputs);
  const failures = resolved.filter((each): each is AppError => each instanceof AppError);
  const ids = [...new Set(resolved.flatMap((each) => (each instanceof AppError ? [] : each.id)))];
  if (ids.length === 0) return { lists: [], failures };
  const layers = await readLayers(ctx.db);
  const links = await readLinks(ctx.db, layers, ids, direction);
  const stored = direction === 'down' ? await readDependencies(ctx.db, layers, ids) : new Map<string, Dependency[]>();
  const fits = (type: string) => options.type === undefined || options.type === type;
  const lists = ids.map((id) => {
    const own = links.get(id) ?? [];
    const known = new Set(own.map((link) => link.id));
    return {
      id,
      links: own.filter((link) => fits(link.dependency_type)),
      elsewhere: (stored.get(id) ?? []).filter((each) => !known.has(each.depends_on_id) && fits(each.type)),
    };
  });
  return { lists, failures };
}
