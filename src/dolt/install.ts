import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';
import { acquireLock, type ProcessLock } from '../util/process-lock.ts';
import {
  DOLT_PLACES,
  type DoltSource,
  examineDolt,
  type FindDoltOptions,
  isRefused,
  requireUsable,
  searchDolt,
} from './binary.ts';
import { cancelled } from './download.ts';
import { installedPath, installLock, makeStaging, publish, removeTree, select } from './install-cache.ts';
import { type DoltLocations, doltLocations } from './locations.ts';
import { probeVersion } from './probe.ts';
import { fetchRelease, type ReleaseOptions } from './release.ts';
import { buildFromSource } from './source-build.ts';
import { DOLT_FLOOR, PINNED_DOLT_VERSION, parseVersion, refusalOf } from './version.ts';

export type InstallRoute = 'release' | 'source';

export interface InstallOptions extends FindDoltOptions, Pick<ReleaseOptions, 'releasesUrl' | 'limits'> {
  /** `1.90.0`; without it anything usable that is found will do, and else the pinned version is installed. */
  version?: string | undefined;
  /** Takes this route only, into the cache, whatever is found elsewhere. */
  from?: InstallRoute | undefined;
  /** Root of this package. */
  packageRoot: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((line: string) => void) | undefined;
}

/** A Dolt that is there now, and where it was found or how it was made. */
export interface InstalledDolt {
  readonly path: string;
  readonly version: string;
  readonly source: DoltSource | InstallRoute;
}

/** Longer than the longest source build that another process may be at. */
const LOCK_TIMEOUT_MS = 75 * 60_000;
const BY_HAND = `install Dolt ${DOLT_FLOOR} or newer by hand (https://docs.dolthub.com/introduction/installation) and have it on PATH, or set GT_DOLT_BIN to it`;

/**
 * Makes Dolt available: what is found is left as it is; else the official release of the pinned
 * version is taken, and where that cannot be had, the pinned source is built. Safe for several
 * processes at once: the second waits, and finds what the first installed.
 *
 * @throws AppError INSTALL_FAILED, DOLT_UNUSABLE, USAGE, LOCK_TIMEOUT, CANCELLED, DISK_FULL, IO_ERROR
 * @example
 * const dolt = await installDolt({ env: process.env, home: homedir(), packageRoot, onProgress: console.error });
 */
export async function installDolt(options: InstallOptions): Promise<InstalledDolt> {
  const version = wantedVersion(options);
  const locations = doltLocations(options);
  if (!options.from) {
    const found = await searchDolt(options);
    if (found && !isRefused(found) && (!options.version || found.version === version)) return found;
    if (found && isRefused(found)) {
      // What was named by hand goes before the cache: an install would not be used.
      if (found.source === 'env' || found.source === 'config') return requireUsable(found);
      options.onProgress?.(`${found.path} is not used: it ${found.refusal}`);
    }
  }
  const lock = await takeTurn(locations, options);
  try {
    const installed = (await reuse(locations, version)) ?? (await install(locations, version, options));
    await tellWhatHides(installed, options);
    return installed;
  } finally {
    await lock.release();
  }
}

function wantedVersion(options: InstallOptions): string {
  const version = parseVersion(options.version ?? PINNED_DOLT_VERSION);
  if (!version) {
    throw new AppError('USAGE', `"${options.version}" is not a version of Dolt`, {
      hint: `write it like ${PINNED_DOLT_VERSION}`,
    });
  }
  const refusal = refusalOf(version);
  if (refusal) {
    throw new AppError('DOLT_UNUSABLE', `Dolt ${version.text} ${refusal}`, {
      hint: `gt dolt install --version ${PINNED_DOLT_VERSION}`,
    });
  }
  if (options.from === 'source' && version.text !== PINNED_DOLT_VERSION) {
    throw new AppError('USAGE', `the source build makes Dolt ${PINNED_DOLT_VERSION} only, not ${version.text}`, {
      hint: `gt dolt install --version ${version.text} --from release`,
    });
  }
  return version.text;
}

async function takeTurn(locations: DoltLocations, options: InstallOptions): Promise<ProcessLock> {
  const ask = (timeoutMs: number) =>
    acquireLock({
      directory: installLock(locations),
      purpose: 'gt dolt install',
      subject: 'the cache of Dolt',
      timeoutMs,
      signal: options.signal,
    });
  try {
    return await ask(0);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'LOCK_TIMEOUT') throw error;
    options.onProgress?.('another install is at work: waiting for it');
    return ask(LOCK_TIMEOUT_MS);
  }
}

/** The wanted version, where the cache has it: from before, or from another install a moment ago. */
async function reuse(locations: DoltLocations, version: string): Promise<InstalledDolt | undefined> {
  const examined = await examineDolt(installedPath(locations, version), 'cache', locations);
  if (isRefused(examined) || examined.version !== version) return undefined;
  await select(locations, version);
  return examined;
}

async function install(locations: DoltLocations, version: string, options: InstallOptions): Promise<InstalledDolt> {
  const staging = await makeStaging(locations);
  try {
    const { program, route } = await obtain(staging, version, options);
    if (options.signal?.aborted) throw cancelled();
    await publish(locations, program, version, staging);
    return { path: installedPath(locations, version), version, source: route };
  } finally {
    await removeTree(staging);
  }
}

/** Tries the routes in turn. Only that a route failed leads to the next; a full disk or Ctrl-C does not. */
async function obtain(staging: string, version: string, options: InstallOptions) {
  const failures: string[] = [];
  for (const route of routesFor(version, options.from)) {
    try {
      return { route, program: await take(route, staging, version, options) };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'INSTALL_FAILED') throw error;
      failures.push(`${route}: ${error.message}`);
      options.onProgress?.(`not from ${route}: ${error.message}`);
    }
  }
  if (!options.from && version !== PINNED_DOLT_VERSION) {
    failures.push(`source: only ${PINNED_DOLT_VERSION} can be built`);
  }
  throw new AppError('INSTALL_FAILED', `Dolt ${version} could not be installed (${failures.join('; ')})`, {
    hint: BY_HAND,
  });
}

function routesFor(version: string, from: InstallRoute | undefined): InstallRoute[] {
  if (from) return [from];
  return version === PINNED_DOLT_VERSION ? ['release', 'source'] : ['release'];
}

/** One route, up to a program that has said its version. */
async function take(route: InstallRoute, staging: string, version: string, options: InstallOptions): Promise<string> {
  const { signal, onProgress } = options;
  const directory = join(staging, route);
  await mkdir(directory).catch((error: unknown) => {
    throw fileError(error, `cannot make ${directory}`);
  });
  const program =
    route === 'source'
      ? await buildFromSource({ directory, packageRoot: options.packageRoot, env: options.env, signal, onProgress })
      : await fetchRelease({
          version,
          directory,
          platform: process.platform,
          arch: process.arch,
          releasesUrl: options.releasesUrl,
          limits: options.limits,
          signal,
          onProgress,
        });
  const probe = await probeVersion(program);
  if ('failure' in probe) throw new AppError('INSTALL_FAILED', `what was obtained ${probe.failure}`);
  if (probe.version.text !== version) {
    throw new AppError('INSTALL_FAILED', `what was obtained is Dolt ${probe.version.text}, not ${version}`);
  }
  return program;
}

/** Says it when another Dolt goes before the installed one, so that nobody wonders. */
async function tellWhatHides(installed: InstalledDolt, options: InstallOptions): Promise<void> {
  const used = await searchDolt(options);
  if (!used || used.path === installed.path) return;
  options.onProgress?.(
    `note: ${used.path} (from ${DOLT_PLACES[used.source]}) goes before ${installed.path}; set GT_DOLT_BIN to change that`,
  );
}
