import { access } from 'node:fs/promises';
import { makeTownDirectories } from '../dolt/environment.ts';
import { assertDoltTakes, createRigDatabase, holdsDatabase, isKnownRig, rememberRig } from '../dolt/rig-database.ts';
import { AppError } from '../errors.ts';
import { editRigs, type RigConfig, readTownConfig, type TownConfig, unknownRig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { givenHqPort } from '../town/ports.ts';
import { managedElsewhere } from '../town/remote-rigs.ts';
import { assertRigName, HQ_RIG } from '../town/rig-name.ts';
import { fileError } from '../util/atomic-write.ts';
import { acquireLock } from '../util/process-lock.ts';
import { firstRigs, noSuchRig } from './known-rigs.ts';
import { planAddresses, wantedHost, wantedPort, withEdits } from './plan-addresses.ts';

export interface PrepareOptions {
  readonly paths: TownPaths;
  /** Rigs asked for; empty means every configured one. */
  readonly rigs: readonly string[];
  readonly port?: number | undefined;
  readonly remotesapiPort?: number | undefined;
  /** Open the rig to other towns, on the ports of federation, and close it to everybody else. */
  readonly federation?: boolean | undefined;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Told of each database that is made. */
  onCreated?(rig: string): void;
  /** Told of each certificate and password that is made. */
  onClosed?(message: string): void;
  /** Told of what an environment variable said and gt.yaml says from now on. */
  onKept?(message: string): void;
}

export interface PreparedRigs {
  /** The rigs to start. */
  readonly rigs: string[];
  /** Those that cannot be started, and why; they keep the others from nothing. */
  readonly unfit: ReadonlyMap<string, AppError>;
}

const LOCK_WAIT_MS = 60_000;

/**
 * Brings the town to where its servers can be started: an empty data dir gets the HQ rig, databases
 * that are there without a `gt.yaml` are taken into it, configured rigs that never were get their
 * database, and rigs without a port get one and keep it.
 *
 * @throws AppError CONFIG_INVALID, RIG_UNKNOWN, VALIDATION; RIG_WITHOUT_DATABASE when no rig has one
 */
export async function prepareRigs(given: PrepareOptions): Promise<PreparedRigs> {
  // Its ports are for one rig.
  const options = given.federation && given.rigs.length === 0 ? { ...given, rigs: [HQ_RIG] } : given;
  for (const rig of options.rigs) assertRigName(rig);
  assertDoltTakes(options.paths.dataDir);
  givenHqPort(options.env);
  const config = await readTownConfig(options.paths.config, options.env);
  if (isPrepared(config, options) && (await allHoldDatabases(options, config)))
    return { rigs: selected(config, options.rigs).map((rig) => rig.name), unfit: new Map() };
  await makeTownDirectories(options.paths).catch((error: unknown) => {
    throw fileError(error, `cannot make ${options.paths.dataDir}`);
  });
  const lock = await acquireLock({
    directory: options.paths.lock('config'),
    purpose: 'gt dolt start',
    subject: 'gt.yaml',
    timeoutMs: LOCK_WAIT_MS,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  try {
    return await prepare(options);
  } finally {
    await lock.release();
  }
}

async function prepare(options: PrepareOptions): Promise<PreparedRigs> {
  const { paths } = options;
  const config = await readTownConfig(paths.config, options.env);
  const [remote] = config.remoteRigs;
  if (remote && config.rigs.length === 0 && options.rigs.length === 0) throw managedElsewhere(remote);
  const found = config.rigs.length > 0 ? [] : await firstRigs(paths);
  for (const name of new Set(options.rigs)) {
    if (found.includes(name) || isConfigured(config, name)) continue;
    if (!(await holdsDatabase(paths, name))) throw await noSuchRig(paths, name, config);
    // Somebody put the database there, and now names it.
    found.push(name);
  }
  const added = found.map((name) => ({ name }));
  const planned = withEdits(config, added);
  const rigs = selected(planned, options.rigs);
  const edits = [...added, ...(await planAddresses(options, rigs, planned))];
  const unfit = new Map<string, AppError>();
  for (const { name } of rigs) {
    try {
      await ensureDatabase(options, name);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'RIG_WITHOUT_DATABASE') throw error;
      unfit.set(name, error);
    }
  }
  const fit = rigs.map((rig) => rig.name).filter((name) => !unfit.has(name));
  for (const error of unfit.values()) if (fit.length === 0) throw error;
  // At once, when nothing is left that could fail: a refused start leaves gt.yaml as it was.
  if (edits.length > 0) await editRigs(paths.config, edits);
  return { rigs: fit, unfit };
}

async function ensureDatabase(options: PrepareOptions, rig: string): Promise<void> {
  const { paths } = options;
  if (await holdsDatabase(paths, rig)) return rememberRig(paths, rig);
  const directory = paths.rig(rig);
  const exists = await access(directory).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new AppError('RIG_WITHOUT_DATABASE', `${directory} holds no Dolt database`, {
      hint: `put the database of rig "${rig}" there, or move the directory away and run: gt dolt start ${rig}`,
    });
  }
  if (await isKnownRig(paths, rig)) {
    throw new AppError(
      'RIG_WITHOUT_DATABASE',
      `the database of rig "${rig}" is gone: ${directory} does not exist any more`,
      {
        hint: `restore it from a backup; for a new, empty one: gt dolt init-rig ${rig}`,
      },
    );
  }
  await createRigDatabase(paths, rig, options.doltBin, options.env);
  options.onCreated?.(rig);
}

function isConfigured(config: TownConfig, name: string): boolean {
  return config.rigs.some((rig) => rig.name === name);
}

function selected(config: TownConfig, names: readonly string[]): RigConfig[] {
  if (names.length === 0) return [...config.rigs];
  return [...new Set(names)].map((name) => {
    const rig = config.rigs.find((one) => one.name === name);
    if (!rig) throw unknownRig(name, config);
    return rig;
  });
}

function isPrepared(config: TownConfig, options: PrepareOptions): boolean {
  const { port, remotesapiPort, federation } = options;
  if (config.rigs.length === 0 || federation || port !== undefined || remotesapiPort !== undefined) return false;
  if (!options.rigs.every((name) => isConfigured(config, name))) return false;
  return selected(config, options.rigs).every(
    (rig) => rig.port !== undefined && wantedPort(rig, options.env) === undefined && !wantedHost(rig, options.env),
  );
}

async function allHoldDatabases(options: PrepareOptions, config: TownConfig): Promise<boolean> {
  const rigs = selected(config, options.rigs);
  const known = await Promise.all(
    rigs.map(async ({ name }) => (await holdsDatabase(options.paths, name)) && isKnownRig(options.paths, name)),
  );
  return known.every(Boolean);
}
