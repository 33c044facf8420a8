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
 * As {@link writeFileAtomic}, for content that comes in pieces.
 *
 * @param produce calls `write` with each piece
 * @throws AppError DISK_FULL or IO_ERROR, and what `produce` throws; then the old file stays
 * @example await writeStreamAtomic('out.jsonl', async (write) => { await write('{}\n'); }, 0o644);
 */
export async function writeStreamAtomic<T>(
  path: string,
  produce: (write: (text: string) => Promise<void>) => Promise<T>,
  mode = 0o600,
): Promise<T> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  const failed = (error: unknown) => fileError(error, `cannot write ${path}`);
  try {
    const file = await open(temporary, 'wx', mode).catch((error: unknown) => {
      throw failed(error);
    });
    let result: T;
    try {
      result = await produce(async (text) => {
        await file.writeFile(text).catch((error: unknown) => {
          throw failed(error);
        });
      });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch((error: unknown) => {
      throw failed(error);
    });
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
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
