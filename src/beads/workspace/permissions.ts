import { statSync } from 'node:fs';

/**
 * A warning about a `.beads` directory that others can look into: it holds tokens and keys.
 *
 * @returns undefined when there is nothing to warn of; also where permissions cannot be told
 */
export function permissionWarning(beadsDir: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const mode = statSync(beadsDir, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & 0o077) === 0) return undefined;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  return `Warning: ${beadsDir} has permissions ${shown} (recommended: 0700). Run: chmod 700 ${beadsDir}`;
}
