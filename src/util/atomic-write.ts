import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';
import { writeTarget } from './write-target.ts';

/**
 * Replaces a file so that a reader, or a crash, sees the old content or the new, never a part.
 *
 * @param path the file to replace
 * @param content the whole new content
 * @param mode permission bits of the new file; state and secrets are 0o600
 * @throws AppError DISK_FULL or IO_ERROR
 * @example await writeFileAtomic('/town/.gt/state/beads.json', '{}\n', 0o600);
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, `cannot write ${path}`);
  }
}

/**
 * Writes a file that a user has named, in pieces. A regular file is replaced as {@link writeFileAtomic}
 * does it, through symbolic links, and keeps its permissions; anything else (a FIFO, a device) is
 * written as it is, for a rename would destroy it.
 *
 * @param mode of a file that was not there
 * @param produce calls `write` with each piece
 * @throws AppError DISK_FULL or IO_ERROR, and what `produce` throws; then the old file stays
 * @example await writeStreamAtomic('out.jsonl', async (write) => { await write('{}\n'); }, 0o644);
 */
export async function writeStreamAtomic<T>(
  path: string,
  produce: (write: (text: string) => Promise<void>) => Promise<T>,
  mode = 0o600,
): Promise<T> {
  const failed = (error: unknown): never => {
    throw fileError(error, `cannot write ${path}`);
  };
  const target = await writeTarget(path).catch(failed);
  const replaces = target.kind === 'file';
  const written = replaces ? `${target.path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp` : path;
  const file = await open(written, replaces ? 'wx' : 'a', target.mode ?? mode).catch(failed);
  try {
    let result: T;
    try {
      // What umask took away of the permissions that the file had.
      if (replaces && target.mode !== undefined) await file.chmod(target.mode).catch(failed);
      result = await produce(async (text) => {
        await file.writeFile(text).catch(failed);
      });
      if (replaces) await file.sync().catch(failed);
    } finally {
      await file.close();
    }
    if (replaces) await rename(written, target.path).catch(failed);
    return result;
  } catch (error) {
    if (replaces) await rm(written, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Maps a file system error to one that says what to do.
 *
 * @example throw fileError(error, `cannot read ${path}`);
 */
export function fileError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const code = systemErrorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('DISK_FULL', `${what}: no space left on the device`, {
      hint: 'free some space, then run the command again',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AppError('IO_ERROR', `${what}: permission denied (${code})`, {
      hint: 'check owner and permissions of the directory',
      cause: error,
    });
  }
  return new AppError('IO_ERROR', `${what}: ${messageOf(error)}`, { cause: error });
}
