import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../util/atomic-write.ts';
import type { DoltLocations } from './locations.ts';

/*
 * The cache of installed Dolts:
 *   <version>/dolt   appears whole, by rename
 *   current          link to the version that is used
 *   .lock/           whoever changes the cache holds it
 *   .staging-…/      an install at work; what a killed one left is removed by the next
 */

/** Where the program of a version is, or will be. */
export function installedPath(locations: DoltLocations, version: string): string {
  return join(locations.installs, version, 'dolt');
}

/** Directory of the lock that orders the installs. */
export function installLock(locations: DoltLocations): string {
  return join(locations.installs, '.lock');
}

/** A new empty directory beside the versions, on the same file system. The lock must be held. */
export async function makeStaging(locations: DoltLocations): Promise<string> {
  try {
    await mkdir(locations.installs, { recursive: true, mode: 0o700 });
    for (const name of await readdir(locations.installs)) {
      if (name.startsWith('.staging-')) await removeTree(join(locations.installs, name));
    }
    return await mkdtemp(join(locations.installs, '.staging-'));
  } catch (error) {
    throw fileError(error, `cannot use ${locations.installs}`);
  }
}

/**
 * Makes a staged program the installed one of its version, and that version the one that is used.
 * An unusable one of the same version is replaced. The lock must be held.
 */
export async function publish(locations: DoltLocations, program: string, version: string, staging: string) {
  const target = join(locations.installs, version);
  const ready = join(staging, 'ready');
  try {
    await chmod(program, 0o755);
    await flush(program);
    await mkdir(ready, { mode: 0o755 });
    await rename(program, join(ready, 'dolt'));
    await rename(target, join(staging, 'replaced')).catch(ignoreMissing);
    await rename(ready, target);
  } catch (error) {
    throw fileError(error, `cannot install into ${target}`);
  }
  await select(locations, version);
}

/** Makes an installed version the one that is used. The lock must be held. */
export async function select(locations: DoltLocations, version: string): Promise<void> {
  const temporary = join(locations.installs, `.link-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await symlink(version, temporary);
    await rename(temporary, locations.current);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, `cannot select Dolt ${version}`);
  }
}

/** Removes a staging directory; Go may have left read-only directories in it. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
