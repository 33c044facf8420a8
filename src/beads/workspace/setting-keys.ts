/** Where a setting is kept: in `config.yaml`, in the table `config` of the database, in git's configuration. */
export type SettingStore = 'file' | 'database' | 'git';

export interface SettingKey {
  readonly key: string;
  /** Undefined when there is none: the setting is then off or empty. */
  readonly default?: string;
  /** Values that it may have; absent means any text. */
  readonly values?: readonly string[];
  readonly kind?: 'boolean' | 'integer' | 'duration' | 'list';
  /** It is kept for the Go `bd`, which shares the file: here it changes nothing. */
  readonly idle?: true;
}

const BOOLEAN = { kind: 'boolean' } as const;
const VALIDATION_MODES = ['none', 'warn', 'error'];

/** Settings of `config.yaml` that have a meaning, with their defaults. Other keys are kept and warned about. */
export const FILE_SETTINGS: readonly SettingKey[] = [
  { key: 'dolt.mode', default: 'embedded', values: ['embedded', 'server'] },
  { key: 'dolt.host', default: '127.0.0.1' },
  { key: 'dolt.port', default: '3307', kind: 'integer' },
  { key: 'dolt.user', default: 'root' },
  { key: 'dolt.database' },
  { key: 'dolt.socket' },
  { key: 'dolt.tls', default: 'false', ...BOOLEAN },
  // The authority that signed the server's certificate; with it, TLS is on.
  { key: 'dolt.tls-ca' },
  { key: 'dolt.data-dir' },
  { key: 'dolt.max-conns', default: '10', kind: 'integer' },
  // The default depends on the mode: on when embedded, off on a server.
  { key: 'dolt.auto-commit', values: ['on', 'off', 'batch'] },
  { key: 'dolt.auto-push', default: 'false', ...BOOLEAN, idle: true },
  { key: 'dolt.auto-start', default: 'false', ...BOOLEAN, idle: true },
  { key: 'dolt.remote' },
  { key: 'dolt.remote-timeout', default: '5m', kind: 'duration' },
  { key: 'actor' },
  { key: 'json', default: 'false', ...BOOLEAN },
  { key: 'no-git-ops', default: 'false', ...BOOLEAN },
  { key: 'sync.remote' },
  // Where `bd backup` goes; relative to the directory that holds `.beads`.
  { key: 'backup.dir' },
  { key: 'export.auto', default: 'false', ...BOOLEAN },
  { key: 'export.interval', default: '60s', kind: 'duration' },
  { key: 'export.path', default: 'issues.jsonl' },
  { key: 'export.git-add', default: 'false', ...BOOLEAN },
  { key: 'hierarchy.max-depth', default: '3', kind: 'integer' },
  { key: 'create.require-description', default: 'false', ...BOOLEAN },
  { key: 'validation.on-create', default: 'none', values: VALIDATION_MODES },
  { key: 'validation.on-close', default: 'none', values: VALIDATION_MODES },
  { key: 'validation.on-sync', default: 'none', values: VALIDATION_MODES, idle: true },
  { key: 'validation.metadata.mode', default: 'none', values: VALIDATION_MODES, idle: true },
  { key: 'output.title-length', default: '255', kind: 'integer', idle: true },
  { key: 'federation.remote', idle: true },
  // PEM file of the authorities that signed the peers' certificates.
  { key: 'federation.ca' },
  { key: 'federation.sovereignty', values: ['T1', 'T2', 'T3', 'T4'], idle: true },
  { key: 'federation.exclude_types', default: 'wisp', kind: 'list', idle: true },
];

/** Names that the Go `bd` keeps in its `config.yaml` too, beside everything under these prefixes. */
const FILE_KEYS = ['events-export', 'no-db', 'no-hooks', 'no-push', 'db', 'identity', 'agents.file'];
const FILE_PREFIXES = [
  'routing.',
  'sync.',
  'git.',
  'directory.',
  'repos.',
  'external_projects.',
  'validation.',
  'hierarchy.',
  'ai.',
  'backup.',
  'export.',
  'dolt.',
  'federation.',
];

/** Settings of the table `config` that have a meaning. */
const DATABASE_KEYS = [
  'issue_prefix',
  'allowed_prefixes',
  'issue_id_mode',
  'max_collision_prob',
  'min_hash_length',
  'max_hash_length',
  'status.custom',
  'types.custom',
  'types.infra',
  'auto_compact_enabled',
];
const DATABASE_PREFIXES = ['kv.', 'compact', 'custom.', 'jira.', 'linear.', 'github.', 'gitlab.'];

/** Where `bd config set` puts a key. */
export function storeOf(key: string): SettingStore {
  if (key === 'beads.role') return 'git';
  const inFile =
    FILE_SETTINGS.some((setting) => setting.key === key) ||
    FILE_KEYS.includes(key) ||
    FILE_PREFIXES.some((prefix) => key.startsWith(prefix));
  return inFile ? 'file' : 'database';
}

/** What else the Go `bd` reads of `config.yaml`. */
const GO_KEYS = [
  ...['events-export', 'no-db', 'no-push', 'db', 'identity', 'agents.file', 'sync.git-remote', 'sync.mode'],
  ...['sync.require_confirmation_on_mass_delete', 'git.author', 'git.no-gpg-sign', 'backup.enabled', 'backup.interval'],
  ...['backup.git-push', 'backup.git-repo', 'dolt.idle-timeout', 'dolt.auto-push-interval', 'dolt.auto-push-timeout'],
  'federation.allowed-remote-patterns',
];
/** Below these, the names are the user's own. */
const OPEN_PREFIXES = ['routing.', 'directory.', 'repos.', 'external_projects.', 'ai.'];
/** Keys with a meaning that has no default, or that another place looks after. */
const OTHER_KEYS = ['no-hooks', 'dolt.shared-server', 'sync.git-remote', 'beads.role'];

/** Whether a key is kept for the Go `bd` alone: here it changes nothing. */
export function isIdleKey(key: string): boolean {
  const setting = settingKey(key);
  if (setting) return setting.idle ?? false;
  if (OTHER_KEYS.includes(key)) return false;
  return GO_KEYS.includes(key) || OPEN_PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** Whether a key has a meaning to a `bd`, ours or the Go one; others are stored all the same. */
export function isKnownKey(key: string): boolean {
  if (settingKey(key) || OTHER_KEYS.includes(key) || isIdleKey(key)) return true;
  return DATABASE_KEYS.includes(key) || DATABASE_PREFIXES.some((prefix) => key.startsWith(prefix));
}

export function settingKey(key: string): SettingKey | undefined {
  return FILE_SETTINGS.find((setting) => setting.key === key);
}

/** All keys that `config` knows by name, for "did you mean" and completion. */
export function knownKeys(): string[] {
  return [...FILE_SETTINGS.map((setting) => setting.key), ...OTHER_KEYS, ...GO_KEYS, ...DATABASE_KEYS];
}

/**
 * What is wrong with a value, or undefined.
 *
 * @example problemWith('dolt.mode', 'sever') // 'must be one of embedded, server'
 */
export function problemWith(key: string, value: string): string | undefined {
  const setting = settingKey(key);
  if (setting?.values && !setting.values.includes(value)) {
    if (key === 'dolt.auto-commit' && isBoolean(value)) return undefined;
    return `must be one of ${setting.values.join(', ')}`;
  }
  if (key === 'dolt.port' && !isPort(value)) return 'must be a port from 1 to 65535';
  if (setting?.kind === 'boolean' && !isBoolean(value)) return 'must be true or false';
  if (setting?.kind === 'integer' && !/^\d{1,9}$/.test(value)) return 'must be a whole number';
  if (setting?.kind === 'duration' && !/^\d+(\.\d+)?(ms|s|m|h|d)?$/.test(value)) return 'must be a duration like 60s';
  return undefined;
}

const TRUE = ['1', 'true', 'yes', 'on'];
const FALSE = ['0', 'false', 'no', 'off'];

/** Whether a setting's text means yes: `1`, `true`, `yes`, `on`. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && TRUE.includes(value.toLowerCase());
}

function isBoolean(value: string): boolean {
  return [...TRUE, ...FALSE].includes(value.toLowerCase());
}

function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;
}
