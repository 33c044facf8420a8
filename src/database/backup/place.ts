import { existsSync } from 'node:fs';
import { rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';

export interface PlaceOptions {
  /** The new database's directory, on the same file system. */
  from: string;
  /** Where it goes. */
  to: string;
  /** Where the one goes that is there; must not exist. */
  aside: string;
}

/**
 * Puts a database's directory in its place, and the one that is there aside, by two renames. The new
 * one stands ready beside its place before the first: killed between the two, `finishPlacing` does
 * the second. The caller sees to it that nobody opens the database meanwhile.
 *
 * @returns whether there was one that was put aside
 * @throws AppError IO_ERROR
 */
export async function placeDatabase({ from, to, aside }: PlaceOptions): Promise<boolean> {
  const ready = readyPath(to);
  try {
    await rm(ready, { recursive: true, force: true });
    await rename(from, ready);
    const isThere = existsSync(join(to, '.dolt'));
    if (isThere) {
      await makeDirectory(dirname(aside));
      await rename(to, aside);
    } else await rmdir(to).catch(() => undefined);
    await rename(ready, to);
    return isThere;
  } catch (error) {
    throw fileError(error, `cannot put the database ${to} in its place`);
  }
}

/**
 * Completes what a killed `placeDatabase` left: the new database stands ready, and its place is empty.
 *
 * @returns whether there was such a thing
 */
export async function finishPlacing(to: string): Promise<boolean> {
  const ready = readyPath(to);
  if (existsSync(to) || !isReadyFor(to)) return false;
  await rename(ready, to).catch((error: unknown) => {
    // Another process did it first.
    if (!existsSync(to)) throw fileError(error, `cannot put the database ${to} in its place`);
  });
  return true;
}

/** Whether a database stands ready for that place. */
export function isReadyFor(to: string): boolean {
  return existsSync(join(readyPath(to), '.dolt'));
}

/**
 * Takes a database from its place for the moment; `finishPlacing` puts it back, also after our death.
 *
 * @returns where it is
 */
export async function parkDatabase(at: string): Promise<string> {
  const ready = readyPath(at);
  try {
    await rm(ready, { recursive: true, force: true });
    await rename(at, ready);
    return ready;
  } catch (error) {
    throw fileError(error, `cannot move the database ${at}`);
  }
}

function readyPath(to: string): string {
  return join(dirname(to), `.ready-${basename(to)}`);
}

/**
 * A name for what is kept, with its time in UTC, that is not taken.
 *
 * @example keptPath('/p/.beads/backup/hm.before-restore', now) // /p/.beads/backup/hm.before-restore-20261122-154126
 */
export function keptPath(stem: string, now: Date): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  for (let number = 1; ; number += 1) {
    const path = `${stem}-${time}${number === 1 ? '' : `-${number}`}`;
    if (!existsSync(path)) return path;
  }
}
