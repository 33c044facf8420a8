import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';

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
