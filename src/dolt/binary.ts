import { accessSync, constants, realpathSync, type Stats, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';
import { knownVersion, rememberVersion } from './known-versions.ts';
import { type DoltLocations, doltLocations, type UserEnvironment } from './locations.ts';
import { probeVersion } from './probe.ts';
import { DOLT_FLOOR, refusalOf } from './version.ts';

/** Where a Dolt was found, in the order of search. */
export type DoltSource = 'env' | 'config' | 'path' | 'cache';

/** The sources as people know them. */
export const DOLT_PLACES: Record<DoltSource, string> = {
  env: 'GT_DOLT_BIN',
  config: 'dolt.path in gt.yaml',
  path: 'PATH',
  cache: 'the cache of gt',
};

/** A Dolt that may be used. */
export interface DoltBinary {
  /** Absolute path of the program. */
  readonly path: string;
  /** As `dolt version` prints it: `1.86.4`. */
  readonly version: string;
  readonly source: DoltSource;
}

export interface FindDoltOptions extends UserEnvironment {
  /** `dolt.path` of gt.yaml: absolute, or beginning with `~/`. */
  configuredPath?: string | undefined;
}

/** A program that may not be used, and why. */
export interface RefusedBinary {
  readonly path: string;
  readonly source: DoltSource;
  /** Continues the path: `is not executable`. */
  readonly refusal: string;
}

export type ExaminedBinary = DoltBinary | RefusedBinary;

/**
 * Finds the Dolt to use: GT_DOLT_BIN, `dolt.path` of gt.yaml, PATH, then the cache that
 * `gt dolt install` fills. One that is named explicitly and unusable is an error. An unusable one on
 * PATH is passed over only for a good one in the cache.
 *
 * Runs `dolt version` once for each program and remembers the answer (see known-versions.ts), so
 * that later calls cost a few `stat`. Writes nothing to Dolt's configuration of the user.
 *
 * @throws AppError DOLT_UNUSABLE, DOLT_NOT_FOUND
 * @example const dolt = await findDolt({ env: process.env, home: homedir() });
 */
export async function findDolt(options: FindDoltOptions): Promise<DoltBinary> {
  const found = await searchDolt(options);
  if (found) return requireUsable(found);
  throw new AppError('DOLT_NOT_FOUND', 'Dolt was not found: not in GT_DOLT_BIN, gt.yaml, PATH or the cache of gt', {
    hint: 'gt dolt install',
  });
}

/**
 * The search of {@link findDolt} without its errors: what it comes to, usable or not, or undefined
 * when there is nothing anywhere.
 */
export async function searchDolt(options: FindDoltOptions): Promise<ExaminedBinary | undefined> {
  const locations = doltLocations(options);
  const named = namedPath(options);
  if (named) return examineDolt(named.path, named.source, locations);
  const onPath = searchPath(options.env['PATH']);
  const first = onPath === undefined ? undefined : await examineDolt(onPath, 'path', locations);
  if (first && !isRefused(first)) return first;
  const cached = await examineCached(locations);
  return cached && !isRefused(cached) ? cached : (first ?? cached);
}

/** Whether a program that was examined may not be used. */
export function isRefused(examined: ExaminedBinary): examined is RefusedBinary {
  return 'refusal' in examined;
}

/**
 * Looks at one program: whether it is there, can be executed, and is a Dolt that may be used.
 *
 * @param source goes into the result
 */
export async function examineDolt(path: string, source: DoltSource, locations: DoltLocations): Promise<ExaminedBinary> {
  const refuse = (refusal: string): RefusedBinary => ({ path, source, refusal });
  if (!isAbsolute(path)) return refuse('is not an absolute path');
  const stats = statOf(path);
  if (!stats) return refuse(absence(path));
  if (!stats.isFile()) return refuse('is not a file');
  if (!isExecutable(path)) return refuse('is not executable');
  const real = realpathSync(path);
  let version = knownVersion(locations.knownVersions, real, stats);
  if (!version) {
    const probe = await probeVersion(path).catch((error: unknown) => ({
      failure: `cannot be asked for its version: ${messageOf(error)}`,
    }));
    if ('failure' in probe) return refuse(probe.failure);
    version = probe.version;
    await rememberVersion(locations.knownVersions, real, stats, version);
  }
  const refusal = refusalOf(version);
  return refusal ? refuse(`(Dolt ${version.text}) ${refusal}`) : { path, version: version.text, source };
}

/** @throws AppError DOLT_UNUSABLE when the program may not be used */
export function requireUsable(examined: ExaminedBinary): DoltBinary {
  if (!isRefused(examined)) return examined;
  const { source, path, refusal } = examined;
  const hint = {
    env: `set GT_DOLT_BIN to a Dolt of at least ${DOLT_FLOOR}, or unset it and run: gt dolt install`,
    config: `set dolt.path to a Dolt of at least ${DOLT_FLOOR}, or remove it and run: gt dolt install`,
    path: 'gt dolt install',
    cache: 'gt dolt install',
  }[source];
  throw new AppError('DOLT_UNUSABLE', `${path} (from ${DOLT_PLACES[source]}) ${refusal}`, { hint });
}

function namedPath(options: FindDoltOptions): { path: string; source: 'env' | 'config' } | undefined {
  const env = options.env['GT_DOLT_BIN'];
  if (env) return { path: expandHome(env, options.home), source: 'env' };
  const { configuredPath } = options;
  return configuredPath ? { path: expandHome(configuredPath, options.home), source: 'config' } : undefined;
}

function expandHome(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}

/**
 * The first `dolt` on PATH that can be executed, as a shell finds it; else the first that cannot.
 * Relative entries are left out: what is run must not depend on the directory it is run in.
 */
function searchPath(path: string | undefined): string | undefined {
  const files = (path ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((directory) => join(directory, 'dolt'))
    .filter((file) => statOf(file)?.isFile());
  return files.find(isExecutable) ?? files[0];
}

async function examineCached(locations: DoltLocations): Promise<ExaminedBinary | undefined> {
  const link = join(locations.current, 'dolt');
  if (!statOf(link)) return undefined;
  // The real path: it is what the system tells of a running process.
  return examineDolt(realpathSync(link), 'cache', locations);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A path through a file, or a directory that may not be entered.
    return undefined;
  }
}

function absence(path: string): string {
  try {
    statSync(path);
  } catch (error) {
    if (systemErrorCode(error) === 'EACCES') return 'cannot be reached: no permission to enter one of its directories';
  }
  return 'does not exist';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
