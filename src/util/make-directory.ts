import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/**
 * Makes a directory and what is missing above it; one that is there is left as it is.
 *
 * Node's own `recursive` is not used: it loops for ever where the parent exists and mkdir says
 * ENOENT (as below /proc), and says ENOENT for a read-only file system.
 *
 * @param mode permission bits of what is made
 * @throws the system's error
 */
export async function makeDirectory(path: string, mode = 0o700): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST' && (await isDirectory(path))) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path), mode);
    await makeLast(path, mode);
  }
}

/** The parent is there now; another process may make it at the same time. */
async function makeLast(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST' || !(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
