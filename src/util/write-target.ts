import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/** What stands where a file is to be written. */
export interface WriteTarget {
  /** `special`: a FIFO, a device, a directory, an open descriptor; nothing that a rename may replace. */
  readonly kind: 'file' | 'special';
  /** Where the file really is, or will be. */
  readonly path: string;
  /** Permission bits of the file that is there. */
  readonly mode?: number;
}

const LINKS_MAX = 40;
// `/dev/stdout` may lead to a file, which the shell has open.
const DESCRIPTORS = /^\/(?:dev|proc)\//;

/**
 * Follows symbolic links, also those that lead to nothing yet.
 *
 * @throws the error of the file system, but for "not there"
 * @example (await writeTarget('/tmp/link')).path // '/tmp/file'
 */
export async function writeTarget(path: string): Promise<WriteTarget> {
  if (DESCRIPTORS.test(path)) return { kind: 'special', path };
  const there = await orMissing(stat(path));
  if (!there) return { kind: 'file', path: await endOfLinks(path) };
  if (!there.isFile()) return { kind: 'special', path };
  return { kind: 'file', path: await realpath(path), mode: there.mode & 0o7777 };
}

/** Where a file is, or will be, behind symbolic links. @throws the error of the file system, but for "not there" */
export async function endOfLinks(path: string): Promise<string> {
  let end = path;
  for (let links = 0; links < LINKS_MAX; links += 1) {
    if (!(await orMissing(lstat(end)))?.isSymbolicLink()) break;
    end = resolve(dirname(end), await readlink(end));
  }
  return end;
}

async function orMissing<T>(found: Promise<T>): Promise<T | undefined> {
  return found.catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}
