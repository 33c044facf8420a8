import { once } from 'node:events';
import { join } from 'node:path';
import { execa } from 'execa';
import type { TestTown } from './town.ts';

const root = join(import.meta.dirname, '../..');

/** Starts a supervisor of version 0.0.1 on the town, and waits until it listens. */
export async function olderSupervisor(town: TestTown): Promise<{ ended(): Promise<number | undefined> }> {
  const args = [join(root, 'test/fixtures/older-supervisor.mjs'), town.dataDir, join(root, 'dist/bin/bd.cjs')];
  const older = execa(process.execPath, args, { env: town.env, extendEnv: false, reject: false });
  await once(older.stdout, 'data');
  // Not the promise itself: an async function would wait for it.
  return { ended: async () => (await older).exitCode };
}
