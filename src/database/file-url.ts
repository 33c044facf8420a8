import { pathToFileURL } from 'node:url';
import { AppError } from '../errors.ts';

/**
 * The URL by which Dolt finds a directory.
 *
 * @throws AppError VALIDATION for a path that no URL leads Dolt to: it decodes a part of what it is given
 *   twice, so with `%`, `#` or `?` in the path it would write to another directory
 * @example doltFileUrl('/srv/backup/beads') // 'file:///srv/backup/beads'
 */
export function doltFileUrl(path: string): string {
  const [found] = /[%#?]/.exec(path) ?? [];
  if (found === undefined) return pathToFileURL(path).href;
  throw new AppError('VALIDATION', `Dolt cannot use a directory with "${found}" in its path: ${path}`, {
    hint: 'give another directory',
  });
}
