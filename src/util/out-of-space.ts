import { statfs } from 'node:fs/promises';

/** Whether a program says that the disk is full, or the user's share of it. */
export function isOutOfSpace(said: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(said);
}

/** Below it, what Dolt could not write was for want of space: it removes part of that again. */
const LEAST_SPACE_BYTES = 65_536;

/** Whether the file system of a directory has no room: programs do not always say why they could not write. */
export async function isFull(directory: string): Promise<boolean> {
  const space = await statfs(directory).catch(() => undefined);
  return (
    space !== undefined && (space.bavail * space.bsize < LEAST_SPACE_BYTES || (space.files > 0 && space.ffree === 0))
  );
}
