import { AppError, messageOf } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { editConfig, withConfigLock } from './config-file.ts';
import { readDatabaseSettings, writeDatabaseSettings } from './database-settings.ts';
import { endpointText } from './endpoint.ts';
import { getGitSetting, isTracked, setGitSetting } from './git-command.ts';
import type { Location } from './locate.ts';
import { editMetadata } from './metadata-settings.ts';
import { problemWith, storeOf } from './setting-keys.ts';

/** How to get at the places where settings are kept; the database is opened only for keys that it keeps. */
export interface ConfigAccess {
  /** Reads files anew each time. */
  locate(): Promise<Location>;
  open(access: { write: boolean }): Promise<Beads>;
}

/** A setting as `config get` shows it. */
export interface ConfigEntry {
  readonly key: string;
  /** Undefined when it is not set. */
  readonly value: string | undefined;
  /** Where it comes from: `config.yaml`, `database`, `env: BEADS_ACTOR`, `default`, … */
  readonly location: string | undefined;
}

export interface ConfigChangeOptions {
  /** Write a secret although git tracks the file. */
  forceGitTracked?: boolean | undefined;
}

const SECRET = /api[_-]?key|secret|token|password/i;

/** The value of one setting, wherever it is kept. */
export async function getConfig(access: ConfigAccess, key: string): Promise<ConfigEntry> {
  switch (storeOf(key)) {
    case 'file': {
      const { settings } = await access.locate();
      const setting = settings.get(key) ?? settings.defaultOf(key);
      return { key, value: setting?.value, location: setting && sourceText(setting) };
    }
    case 'git': {
      const { root } = await access.locate();
      const value = await getGitSetting(root, key);
      return { key, value, location: value === undefined ? undefined : 'git config' };
    }
    case 'database': {
      const beads = await access.open({ write: false });
      const value = (await readDatabaseSettings(beads.db)).get(key);
      return { key, value, location: value === undefined ? undefined : 'database' };
    }
  }
}

/** Every setting with its source; `unreachable` says why those of the database are missing. */
export async function allConfig(access: ConfigAccess): Promise<{ entries: ConfigEntry[]; unreachable?: string }> {
  const { settings } = await access.locate();
  const entries = settings.all().map((setting): ConfigEntry => {
    return { key: setting.key, value: setting.value, location: sourceText(setting) };
  });
  const byKey = (all: ConfigEntry[]) => all.sort((a, b) => (a.key < b.key ? -1 : 1));
  try {
    const beads = await access.open({ write: false });
    const stored = await readDatabaseSettings(beads.db);
    return {
      entries: byKey([
        ...entries.map((entry) => withReached(entry, beads)),
        ...[...stored].map(([key, value]) => ({ key, value, location: 'database' })),
      ]),
    };
  } catch (error) {
    return { entries: byKey(entries), unreachable: messageOf(error) };
  }
}

/** A record stays what it is, also when the rig is not where it says any more. */
function withReached(entry: ConfigEntry, { location: { target } }: Beads): ConfigEntry {
  if (entry.key !== 'dolt.port' || target.mode !== 'server' || target.portFrom !== 'town') return entry;
  return { ...entry, location: `${entry.location}; reached at ${endpointText(target.endpoint)}` };
}

/**
 * Sets settings, each where it belongs: `config.yaml` (and `metadata.json`, kept consistent with
 * it), the table `config`, git. All values are checked before the first is written.
 *
 * @throws AppError VALIDATION, READ_ONLY, CONFIG_INVALID, …
 * @example await setConfig(access, new Map([['dolt.mode', 'server']]));
 */
export async function setConfig(
  access: ConfigAccess,
  values: ReadonlyMap<string, string>,
  options: ConfigChangeOptions = {},
): Promise<ConfigEntry[]> {
  for (const [key, value] of values) requireAllowed(key, value);
  await change(access, values, options);
  return [...values].map(([key, value]) => ({ key, value, location: placeOf(key) }));
}

/**
 * Removes a setting from the place where it belongs.
 *
 * @returns what holds from now on: another file, a variable or the default may still set it
 */
export async function unsetConfig(access: ConfigAccess, key: string): Promise<ConfigEntry> {
  requireAllowed(key, '');
  await change(access, new Map([[key, undefined]]), {});
  if (storeOf(key) !== 'file') return { key, value: undefined, location: undefined };
  const setting = (await access.locate()).settings.get(key);
  return { key, value: setting?.value, location: setting && sourceText(setting) };
}

async function change(
  access: ConfigAccess,
  values: ReadonlyMap<string, string | undefined>,
  options: ConfigChangeOptions,
): Promise<void> {
  const of = (store: string) => new Map([...values].filter(([key]) => storeOf(key) === store));
  const [inFile, inGit, inDatabase] = [of('file'), of('git'), of('database')];
  if (inDatabase.size > 0) await writeDatabaseSettings(await access.open({ write: true }), inDatabase);
  if (inFile.size > 0) {
    const { beadsDir } = await access.locate();
    if (beadsDir === undefined)
      throw new AppError('NOT_INITIALIZED', 'there is no .beads directory to write settings to');
    if (!options.forceGitTracked) await refuseTrackedSecrets(beadsDir, [...inFile.keys()]);
    await withConfigLock(beadsDir, async () => {
      await editConfig(beadsDir, inFile);
      await editMetadata(beadsDir, inFile, access.locate);
    });
  }
  for (const [key, value] of inGit) await setGitSetting((await access.locate()).root, key, value);
}

function requireAllowed(key: string, value: string): void {
  if (!/^[A-Za-z][\w.:-]*$/.test(key)) {
    throw new AppError('VALIDATION', `"${key}" cannot be the name of a setting`, {
      hint: 'bd config show   lists settings',
    });
  }
  if (key === 'issue_prefix' || key === 'issue-prefix') {
    throw new AppError('VALIDATION', `${key} cannot be changed: it is part of every id`, {
      hint: 'bd config set allowed_prefixes OTHER   allows further prefixes for explicit ids',
    });
  }
  const problem = value === '' ? undefined : problemWith(key, value);
  if (problem) throw new AppError('VALIDATION', `invalid value "${value}" for ${key}: it ${problem}`);
}

async function refuseTrackedSecrets(beadsDir: string, keys: readonly string[]): Promise<void> {
  const secret = keys.find((key) => SECRET.test(key));
  if (!secret || !(await isTracked(beadsDir, 'config.yaml'))) return;
  throw new AppError('VALIDATION', `${secret} looks like a secret, and git tracks ${beadsDir}/config.yaml`, {
    hint: 'put it into config.local.yaml beside it, or a variable of the environment; --force-git-tracked writes it all the same',
  });
}

function placeOf(key: string): string {
  const store = storeOf(key);
  return store === 'file' ? 'config.yaml' : store === 'git' ? 'git config' : 'database';
}

/** `config.yaml`, `env: BEADS_ACTOR`, `default`. */
export function sourceText(setting: { readonly source: string; readonly from?: string }): string {
  return setting.source === 'env' ? `env: ${setting.from}` : setting.source;
}
