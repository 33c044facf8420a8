import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.ts';

/** What a unix socket's path may be long, with room for the terminating NUL: 104 bytes on macOS, 108 on Linux. */
const LONGEST = 100;

/**
 * A path that a unix socket can have. One that is too long is replaced by a short one under the
 * temporary directory, in a directory that only this user can enter.
 *
 * @throws AppError IO_ERROR when that directory belongs to somebody else
 */
export function socketPath(wanted: string): string {
  if (Buffer.byteLength(wanted) <= LONGEST) return wanted;
  const { uid } = userInfo();
  // Not TMPDIR: every program of this user has to come to the same path.
  const directory = join('/tmp', `gt-${uid}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = statSync(directory);
  if (found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new AppError('IO_ERROR', `${directory} can be entered by other users, so no socket is put there`, {
      hint: `chmod 700 ${directory}`,
    });
  }
  return join(directory, `${createHash('sha256').update(wanted).digest('hex').slice(0, 24)}.sock`);
}
