import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { isRigName } from '../../town/rig-name.ts';
import { discoverBeads, isWorkspace, legacyDatabase } from './discover.ts';
import { type FindRig, resolveTarget, type Target } from './endpoint.ts';
import { findGitTree } from './git-dir.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { databaseOfPrefix, prefixOfDirectory, readPrefix } from './prefix.ts';
import { loadSettings, type Settings } from './settings.ts';
import { townRigFinder } from './town-rig.ts';

export interface InitOptions {
  /** Directory to make `.beads` in. */
  dir: string;
  env: NodeJS.ProcessEnv;
  /** Prefix of ids; default: the directory's name. */
  prefix?: string | undefined;
  /** Keep the issues on a server. So do `rig` and every part of an endpoint. */
  server?: boolean | undefined;
  host?: string | undefined;
  port?: number | undefined;
  user?: string | undefined;
  socket?: string | undefined;
  /** Name of the database; default: after the prefix. */
  database?: string | undefined;
  /** Use this rig's database on its server. */
  rig?: string | undefined;
  /** Dolt remote: cloned if it has data, else added as `origin`. */
  remote?: string | undefined;
  stealth?: boolean | undefined;
  skipAgents?: boolean | undefined;
  actor?: string | undefined;
  findDolt: () => Promise<string>;
  findRig?: FindRig | undefined;
}

/** What an init is going to make, and what is there. Looking changes nothing. */
export interface InitPlan {
  readonly beadsDir: string;
  readonly target: Target;
  /** Prefix for a new database. */
  readonly prefix: string;
  /** Whether that prefix was asked for: then a database with another is refused. */
  readonly prefixAsked: boolean;
  /** Whether a database of that name that is there already is the one that is meant. */
  readonly join: boolean;
  readonly remote: string | undefined;
  readonly settings: Settings;
  /** What `metadata.json` says; undefined for a new workspace. */
  readonly existing: Metadata | undefined;
}

/**
 * Reads options, files and town.
 *
 * @throws AppError ALREADY_EXISTS when the options contradict a workspace that is there, VALIDATION,
 *   RIG_NAME_INVALID, SERVER_NOT_RUNNING, CONFIG_INVALID
 */
export async function planInit(options: InitOptions): Promise<InitPlan> {
  const flags = flagSettings(options);
  const beadsDir = findPlace(options);
  const existing = existsSync(beadsDir) ? readMetadata(beadsDir) : undefined;
  const legacy = existing?.dolt_database ? undefined : legacyDatabase(beadsDir);
  if (legacy) {
    throw new AppError('ALREADY_EXISTS', `${join(beadsDir, legacy)} holds issues in SQLite`, {
      hint: 'bd migrate --to-dolt   takes them over',
    });
  }
  const settings = await loadSettings({ beadsDir, env: options.env });
  if (existing) refuseContradictions(settings, flags, beadsDir);
  const prefix = options.prefix === undefined ? prefixOfDirectory(dirname(beadsDir)) : readPrefix(options.prefix);
  const flagged = settings.with(flags);
  const named = flagged.value('dolt.database');
  const target = await resolveTarget({
    settings: flagged,
    beadsDir,
    database: named ?? databaseOfPrefix(prefix),
    findRig: options.findRig ?? townRigFinder(options.env, options.dir),
  });
  if (options.rig && target.mode === 'server' && target.portFrom === 'default') {
    throw new AppError('SERVER_NOT_RUNNING', `rig "${options.rig}" does not run`, {
      hint: `gt dolt start ${options.rig}`,
    });
  }
  return {
    beadsDir,
    target,
    prefix,
    prefixAsked: options.prefix !== undefined,
    join: named !== undefined || target.mode === 'embedded',
    remote: options.remote ?? settings.value('sync.remote'),
    settings,
    existing,
  };
}

/** Flags that say where the database is to be. */
export type TargetFlags = Pick<InitOptions, 'server' | 'host' | 'port' | 'user' | 'socket' | 'database' | 'rig'>;

/**
 * The flags as settings.
 *
 * @throws AppError RIG_NAME_INVALID, VALIDATION
 */
export function flagSettings(options: TargetFlags): Map<string, string> {
  const { rig, database } = options;
  if (rig !== undefined && !isRigName(rig)) {
    throw new AppError('RIG_NAME_INVALID', `"${rig}" cannot be the name of a rig`, { hint: 'gt dolt list' });
  }
  if (rig !== undefined && database !== undefined && rig !== database) {
    throw new AppError('VALIDATION', `the database of rig "${rig}" is "${rig}", not "${database}"`, {
      hint: 'leave --database out',
    });
  }
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ['dolt.host', options.host],
    ['dolt.port', options.port],
    ['dolt.user', options.user],
    ['dolt.socket', options.socket],
  ];
  const flags = new Map<string, string>();
  for (const [key, value] of given) if (value !== undefined) flags.set(key, String(value));
  if (options.server || rig !== undefined || flags.size > 0) flags.set('dolt.mode', 'server');
  const name = database ?? rig;
  if (name !== undefined) flags.set('dolt.database', name);
  return flags;
}

/** The `.beads` of this very directory, or the one that its git working tree has. */
function findPlace(options: InitOptions): string {
  const dir = resolve(options.dir);
  const named = options.env['BEADS_DIR'];
  if (named) return resolve(dir, named);
  const own = join(dir, '.beads');
  if (isWorkspace(own) || !findGitTree(dir)) return own;
  return discoverBeads({ dir, env: options.env })?.beadsDir ?? own;
}

/** A workspace that is there keeps what it is: init changes no mode, database or server. */
function refuseContradictions(settings: Settings, flags: ReadonlyMap<string, string>, beadsDir: string): void {
  for (const [key, wanted] of flags) {
    const now = settings.value(key) ?? (key === 'dolt.mode' ? 'embedded' : undefined);
    if (now === undefined || now === wanted) continue;
    throw new AppError(
      'ALREADY_EXISTS',
      `${beadsDir} is initialized already, with ${key} "${now}" and not "${wanted}"; nothing was changed`,
      { hint: `bd config set ${key} ${wanted}   changes the setting` },
    );
  }
}
