import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';
import { type FlatSettings, readSettingsText } from './config-text.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { FILE_SETTINGS, isTrue, problemWith, settingKey } from './setting-keys.ts';

export type SettingSource =
  | 'flag'
  | 'env'
  | 'config.local.yaml'
  | 'config.yaml'
  | 'metadata'
  | 'user config'
  | 'default';

/** A setting's value and where it comes from. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly source: SettingSource;
  /** Name of the variable, or path of the file; absent for a default. */
  readonly from?: string;
}

/** Variables that stand for a setting, first wins; every key has `BD_<KEY>` beside. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  actor: ['BEADS_ACTOR'],
  'dolt.host': ['BEADS_DOLT_SERVER_HOST'],
  'dolt.port': ['BEADS_DOLT_SERVER_PORT', 'BEADS_DOLT_PORT'],
  'dolt.user': ['BEADS_DOLT_SERVER_USER'],
  'dolt.database': ['BEADS_DOLT_SERVER_DATABASE'],
  'dolt.socket': ['BEADS_DOLT_SERVER_SOCKET'],
  'dolt.tls': ['BEADS_DOLT_SERVER_TLS'],
  'dolt.tls-ca': ['BEADS_DOLT_SERVER_TLS_CA'],
  'dolt.data-dir': ['BEADS_DOLT_DATA_DIR'],
  'dolt.max-conns': ['BEADS_DOLT_MAX_CONNS'],
};

/** The keys of `metadata.json` that say the same as a setting. */
export const METADATA_KEYS: Readonly<Record<string, keyof Metadata>> = {
  'dolt.mode': 'dolt_mode',
  'dolt.host': 'dolt_server_host',
  'dolt.port': 'dolt_server_port',
  'dolt.user': 'dolt_server_user',
  'dolt.database': 'dolt_database',
  'dolt.socket': 'dolt_server_socket',
  'dolt.tls': 'dolt_server_tls',
  'dolt.data-dir': 'dolt_data_dir',
};

interface Layer {
  readonly source: SettingSource;
  readonly path: string;
  readonly values: FlatSettings;
}

/** The settings of one workspace: environment, then files, then defaults. */
export class Settings {
  /** The environment, with what `.beads/.env` adds to it. */
  readonly env: NodeJS.ProcessEnv;
  readonly metadata: Metadata | undefined;
  private readonly layers: readonly Layer[];
  private readonly flags: FlatSettings;

  constructor(
    env: NodeJS.ProcessEnv,
    metadata: Metadata | undefined,
    layers: readonly Layer[],
    flags: FlatSettings = new Map(),
  ) {
    this.env = env;
    this.flags = flags;
    this.metadata = metadata;
    this.layers = layers;
  }

  /** The same settings under values that flags gave. */
  with(flags: FlatSettings): Settings {
    return new Settings(this.env, this.metadata, this.layers, flags);
  }

  /**
   * A setting by its dotted key; without a default of ours where nobody set it.
   *
   * @throws AppError CONFIG_INVALID when the value is not allowed, naming where it stands
   */
  get(key: string): Setting | undefined {
    const setting = this.fromFlags(key) ?? this.fromEnv(key) ?? this.fromLayers(key);
    const problem = setting && problemWith(key, setting.value);
    if (!problem) return setting;
    throw new AppError('CONFIG_INVALID', `${key} is "${setting.value}" (${setting.from}): it ${problem}`, {
      hint: setting.source === 'env' ? `correct or unset ${setting.from}` : `bd config set ${key} VALUE`,
    });
  }

  /** The value of a setting, or undefined. */
  value(key: string): string | undefined {
    return this.get(key)?.value;
  }

  /** Every setting that is set or has a default, by key, with its source. */
  all(): Setting[] {
    const keys = new Set([...FILE_SETTINGS.map((setting) => setting.key), ...Object.keys(METADATA_KEYS)]);
    for (const layer of this.layers) for (const key of layer.values.keys()) keys.add(key);
    return [...keys].sort().flatMap((key) => this.fromEnv(key) ?? this.fromLayers(key) ?? this.defaultOf(key) ?? []);
  }

  /** Every statement of every file, also those that another one overrides. */
  stated(): Setting[] {
    return this.layers.flatMap(({ source, path, values }) =>
      [...values].map(([key, value]) => ({ key, value, source, from: path })),
    );
  }

  /** Our default for a key. */
  defaultOf(key: string): Setting | undefined {
    const value = settingKey(key)?.default;
    return value === undefined ? undefined : { key, value, source: 'default' };
  }

  private fromFlags(key: string): Setting | undefined {
    const value = this.flags.get(key);
    return value === undefined ? undefined : { key, value, source: 'flag', from: `--${key}` };
  }

  private fromEnv(key: string): Setting | undefined {
    if (key === 'dolt.mode') {
      const from = ['BEADS_DOLT_SERVER_MODE', 'BEADS_DOLT_SHARED_SERVER'].find((name) => isTrue(this.env[name]));
      if (from) return { key, value: 'server', source: 'env', from };
    }
    const names = [...(VARIABLES[key] ?? []), `BD_${key.toUpperCase().replace(/[.-]/g, '_')}`];
    const from = names.find((name) => this.env[name]);
    return from ? { key, value: this.env[from] ?? '', source: 'env', from } : undefined;
  }

  private fromLayers(key: string): Setting | undefined {
    for (const { source, path, values } of this.layers) {
      const value = values.get(key);
      if (value !== undefined && value !== '') return { key, value, source, from: path };
    }
    return undefined;
  }
}

export interface LoadSettingsOptions {
  /** The `.beads` directory; undefined for a client without one. */
  beadsDir: string | undefined;
  env: NodeJS.ProcessEnv;
  /** The `.beads` directory that a redirect led away from: its `dolt_database` stays in force. */
  redirectedFrom?: string | undefined;
}

/**
 * Reads everything that configures a workspace: `.env`, `config.local.yaml`, `config.yaml`,
 * `metadata.json`, and the user's `~/.config/bd/config.yaml` and `~/.beads/config.yaml`.
 *
 * @throws AppError CONFIG_INVALID, IO_ERROR
 */
export async function loadSettings(options: LoadSettingsOptions): Promise<Settings> {
  const { beadsDir } = options;
  const env = beadsDir ? await withDotEnv(beadsDir, options.env) : options.env;
  refuseOtherBackends(env);
  const metadata = beadsDir ? readMetadata(beadsDir) : undefined;
  const layers: Layer[] = [];
  const add = async (source: SettingSource, path: string) => {
    const text = readIfThere(path);
    if (text !== undefined) layers.push({ source, path, values: await readSettingsText(path, text) });
  };
  const before = options.redirectedFrom && readMetadata(options.redirectedFrom)?.dolt_database;
  if (before && options.redirectedFrom) {
    layers.push({ source: 'metadata', path: options.redirectedFrom, values: new Map([['dolt.database', before]]) });
  }
  if (beadsDir) {
    await add('config.local.yaml', join(beadsDir, 'config.local.yaml'));
    await add('config.yaml', join(beadsDir, 'config.yaml'));
    if (metadata) layers.push({ source: 'metadata', path: join(beadsDir, 'metadata.json'), values: flat(metadata) });
  }
  const home = env['HOME'] || homedir();
  await add('user config', join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'bd', 'config.yaml'));
  if (beadsDir !== join(home, '.beads')) await add('user config', join(home, '.beads', 'config.yaml'));
  return new Settings(env, metadata, layers);
}

/** Older programs kept issues elsewhere: who asks for that is not to be given something else. */
function refuseOtherBackends(env: NodeJS.ProcessEnv): void {
  for (const name of ['BD_BACKEND', 'BD_DATABASE_BACKEND']) {
    const value = env[name];
    if (!value || value === 'dolt') continue;
    throw new AppError('CONFIG_INVALID', `${name}=${value}: issues are kept in Dolt only`, {
      hint: `unset ${name}; \`bd migrate --to-dolt\` takes over the issues of an SQLite file`,
    });
  }
}

function flat(metadata: Metadata): FlatSettings {
  const pairs = Object.entries(METADATA_KEYS).flatMap(([key, name]) => {
    const value = metadata[name];
    return value === undefined || value === '' ? [] : [[key, String(value)] as const];
  });
  return new Map(pairs);
}

/** Variables of `.beads/.env` fill in what the environment does not have. */
async function withDotEnv(beadsDir: string, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const text = readIfThere(join(beadsDir, '.env'));
  if (text === undefined) return env;
  const { parseEnv } = await import('node:util');
  return { ...parseEnv(text), ...env };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(error, `cannot read ${path}`);
  }
}
