import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { fileError, writeFileAtomic } from '../util/atomic-write.ts';
import { makeDirectory } from '../util/make-directory.ts';
import type { TownPaths } from './data-dir.ts';

/**
 * The password of root@localhost of a rig's server, where gt made or was told it: one line in
 * `.gt/secrets/<rig>`, 0600. Who may read it may read the database's files too.
 *
 * @returns undefined when there is none
 * @throws AppError IO_ERROR when it is there and cannot be read
 */
export function readSecret(paths: TownPaths, rig: string): string | undefined {
  try {
    return readFileSync(paths.secret(rig), 'utf8').replace(/\n$/, '') || undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, `cannot read ${paths.secret(rig)}`);
  }
}

/** Keeps the password of root@localhost of a rig, for this user alone. */
export async function writeSecret(paths: TownPaths, rig: string, password: string): Promise<void> {
  await makeDirectory(dirname(paths.secret(rig)));
  await writeFileAtomic(paths.secret(rig), `${password}\n`, 0o600);
}

/**
 * The passwords to try as root of a rig, in that order: the one that was given, the one that is kept, none.
 *
 * @param given of BEADS_DOLT_PASSWORD; it is one for all rigs of a town, of which some may have another
 */
export function rootPasswords(paths: TownPaths, rig: string, given: string): string[] {
  const known = [given, readSecret(paths, rig) ?? ''].filter((password) => password !== '');
  return [...new Set(known), ''];
}
