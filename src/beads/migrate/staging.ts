import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError } from '../../util/atomic-write.ts';

const NAME = '.migrate-';

/**
 * Runs work with a directory of its own in `.beads`, and removes it. What a killed run left is
 * removed first, so only one may run at a time.
 */
export async function withStaging<T>(beadsDir: string, work: (directory: string) => Promise<T>): Promise<T> {
  try {
    for (const name of await readdir(beadsDir)) {
      if (name.startsWith(NAME)) await rm(join(beadsDir, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw fileError(error, `cannot use ${beadsDir}`);
  }
  return within(beadsDir, work);
}

/** The same outside of `.beads`, for work that must not change it. */
export function withScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  return within(tmpdir(), work);
}

async function within<T>(parent: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(parent, NAME)).catch((error: unknown) => {
    throw fileError(error, `cannot make a directory in ${parent}`);
  });
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
