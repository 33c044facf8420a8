import { AppError } from '../../errors.ts';
import { requireFits } from '../field-limits.ts';

const SHAPE = /^[A-Za-z][A-Za-z0-9_-]*-[A-Za-z0-9_]+(?:\.[0-9]+)*$/;

/**
 * Checks an id that was given by hand: its shape, and that its prefix is one of this database.
 *
 * @param prefixes the database's prefix first, then the allowed ones; without the dash
 * @throws AppError VALIDATION
 * @example requireValidId('hm-login', ['hm'], { force: false })
 */
export function requireValidId(id: string, prefixes: readonly string[], options: { force: boolean }): void {
  requireFits('id', id);
  if (!SHAPE.test(id)) {
    throw new AppError(
      'VALIDATION',
      `invalid ID format '${id}' (expected format: prefix-hash or prefix-hash.number, e.g., '${prefixes[0] ?? 'bd'}-a3f8' or '${prefixes[0] ?? 'bd'}-a3f8.1')`,
    );
  }
  if (options.force || prefixes.some((prefix) => id.startsWith(`${withoutDash(prefix)}-`))) return;
  throw new AppError(
    'VALIDATION',
    `prefix mismatch: database uses '${prefixes[0]}-' but ID '${id}' doesn't match (use --force to override)`,
  );
}

/** Levels below the top of a hierarchical id: 0 for `hm-a`, 2 for `hm-a.1.4`. */
export function idDepth(id: string): number {
  const numbers = /(?:\.[0-9]+)+$/.exec(id)?.[0] ?? '';
  return numbers.split('.').length - 1;
}

/** Whether `child` is, by its id, below `parent`: `hm-a.1.2` is below `hm-a`. */
export function isBelow(child: string, parent: string): boolean {
  return child.startsWith(`${parent}.`);
}

function withoutDash(prefix: string): string {
  return prefix.endsWith('-') ? prefix.slice(0, -1) : prefix;
}
