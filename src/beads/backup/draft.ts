import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { removeTree } from '../../util/remove-tree.ts';

const NAME = '.new-';

/**
 * Runs work with an empty directory of its own, and removes it. What a killed run left is removed
 * first, so only one may run at a time.
 *
 * @param base where it is made: the file system on which the work's result is going to be
 * @throws AppError IO_ERROR, DISK_FULL
 */
export async function withDraft<T>(base: string, work: (directory: string) => Promise<T>): Promise<T> {
  const wasThere = existsSync(base);
  const make = async () => {
    await makeDirectory(base);
    await clearDrafts(base);
    return mkdtemp(join(base, NAME));
  };
  const directory = await make().catch((error: unknown) => {
    throw fileError(error, `cannot write to ${base}`);
  });
  try {
    return await work(directory);
  } finally {
    await removeTree(directory);
    if (!wasThere) await rmdir(base).catch(() => undefined);
  }
}

/** Removes what killed runs left. */
export async function clearDrafts(base: string): Promise<void> {
  const names = await readdir(base).catch(() => []);
  for (const name of names) if (name.startsWith(NAME)) await removeTree(join(base, name));
}
