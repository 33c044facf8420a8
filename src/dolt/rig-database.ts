import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { isRigName } from '../town/rig-name.ts';
import { fileError, writeFileAtomic } from '../util/atomic-write.ts';
import { makeDirectory } from '../util/make-directory.ts';
import { isFull, isOutOfSpace } from '../util/out-of-space.ts';
import { doltEnvironment, makeTownDirectories } from './environment.ts';
import { tookTooLong } from './took-too-long.ts';

/** It writes a few files, and takes less than a second. */
const INIT_TIMEOUT_MS = 60_000;

/** Who the first commit of a rig's database is by: a rig needs no git identity. */
const FIRST_COMMIT = { name: 'beads', email: 'beads@local' };

/**
 * Refuses a directory that Dolt cannot make or open a database in: it reads its path as a URL, and so
 * looks for `a%41` at `aA`.
 *
 * @throws AppError VALIDATION
 */
export function assertDoltTakes(directory: string): void {
  if (!directory.includes('%')) return;
  throw new AppError('VALIDATION', `the data dir ${directory} has a "%" in its path, which Dolt cannot open`, {
    hint: 'choose one without: --data-dir DIR, or GT_DOLT_DATA_DIR',
  });
}

/** Whether a rig's directory is a Dolt database. */
export async function holdsDatabase(paths: TownPaths, rig: string): Promise<boolean> {
  return access(join(paths.rig(rig), '.dolt', 'noms')).then(
    () => true,
    () => false,
  );
}

/** Directories in the data dir that are databases, whether configured or not. */
export async function databasesIn(paths: TownPaths): Promise<string[]> {
  const names = await readdir(paths.dataDir, { withFileTypes: true }).catch(() => []);
  const rigs = names.filter((entry) => entry.isDirectory() && isRigName(entry.name)).map((entry) => entry.name);
  const found = await Promise.all(rigs.map(async (rig) => ((await holdsDatabase(paths, rig)) ? [rig] : [])));
  return found.flat().sort();
}

/**
 * Databases within a rig's directory beside the rig's own: `CREATE DATABASE` on its server, as by `bd
 * init --server`, makes them there.
 */
export async function otherDatabases(paths: TownPaths, rig: string): Promise<string[]> {
  const entries = await readdir(paths.rig(rig), { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  const found = await Promise.all(
    names.map((name) =>
      access(join(paths.rig(rig), name, '.dolt', 'noms')).then(
        () => [name],
        () => [],
      ),
    ),
  );
  return found.flat().sort();
}

/**
 * Makes the Dolt database of a rig, in a directory that does not exist yet. Dolt itself makes it,
 * with a root of ours: the user's Dolt configuration is neither needed nor touched. It is made
 * elsewhere and moved, so that whoever is killed half way leaves no half database in its place.
 * The caller holds the town's configuration lock.
 *
 * @param doltBin path of the dolt program
 * @param timeoutMs how long Dolt may take, in ms
 * @throws AppError RIG_EXISTS, IO_ERROR, DISK_FULL
 * @example await createRigDatabase(townPaths(dataDir), 'gastown', '/usr/bin/dolt', process.env);
 */
export async function createRigDatabase(
  paths: TownPaths,
  rig: string,
  doltBin: string,
  env: NodeJS.ProcessEnv,
  timeoutMs = INIT_TIMEOUT_MS,
): Promise<void> {
  const directory = paths.rig(rig);
  if (await exists(directory)) {
    throw new AppError('RIG_EXISTS', `${directory} exists already`, {
      hint: 'choose another name, or move that directory away',
    });
  }
  const making = join(paths.making, rig);
  try {
    await makeTownDirectories(paths);
    // What somebody left who was killed half way.
    await rm(paths.making, { recursive: true, force: true });
    await makeDirectory(making);
    await initDatabase(paths, making, doltBin, env, timeoutMs);
    await rename(making, directory);
  } catch (error) {
    throw fileError(error, `cannot make the database ${directory}`);
  } finally {
    await rm(paths.making, { recursive: true, force: true }).catch(() => undefined);
  }
  await rememberRig(paths, rig);
}

async function initDatabase(
  paths: TownPaths,
  directory: string,
  doltBin: string,
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
): Promise<void> {
  const { execa } = await import('execa');
  const args = ['init', '--name', FIRST_COMMIT.name, '--email', FIRST_COMMIT.email, '-b', 'main'];
  const made = await execa(doltBin, args, {
    cwd: directory,
    env: doltEnvironment(paths, env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
  });
  if (made.exitCode === 0) return;
  if (made.timedOut) throw tookTooLong('dolt init', timeoutMs, paths.dataDir);
  const said = (made.stderr || made.stdout || made.shortMessage || '').trim();
  if (isOutOfSpace(said) || (await isFull(directory)))
    throw new AppError('DISK_FULL', `dolt init failed: ${said}`, {
      hint: 'free some space, then run the command again',
    });
  throw new AppError('IO_ERROR', `dolt init failed: ${said}`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Whether this rig's database was once there. If so and the directory is gone, that is a loss to be
 * told, not a new rig to be made: an empty database would pass for the data.
 */
export async function isKnownRig(paths: TownPaths, rig: string): Promise<boolean> {
  return (await readKnownRigs(paths)).includes(rig);
}

export async function rememberRig(paths: TownPaths, rig: string): Promise<void> {
  const known = await readKnownRigs(paths);
  if (!known.includes(rig)) await writeFileAtomic(paths.knownRigs, `${JSON.stringify([...known, rig].sort())}\n`);
}

async function readKnownRigs(paths: TownPaths): Promise<string[]> {
  try {
    const value: unknown = JSON.parse(await readFile(paths.knownRigs, 'utf8'));
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}
