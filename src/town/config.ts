import { readFile, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Document, YAMLMap } from 'yaml';
import { AppError, systemErrorCode } from '../errors.ts';
import { fileError, writeFileAtomic } from '../util/atomic-write.ts';
import { type ClusterConfig, clusterNode, readCluster } from './cluster-config.ts';
import { ConfigReader } from './config-reader.ts';
import { HQ_PORT } from './ports.ts';
import { hqElsewhere, managedElsewhere, type RemoteRig } from './remote-rigs.ts';
import { assertRigName, HQ_RIG } from './rig-name.ts';
import { readSync, type SyncConfig } from './sync-config.ts';

/** One rig as `gt.yaml` configures it. */
export interface RigConfig {
  readonly name: string;
  /** Address that its server listens on. */
  readonly host: string;
  /** Undefined until the first start of a rig that names none: then it gets one, and keeps it. */
  readonly port: number | undefined;
  readonly remotesapiPort: number | undefined;
  /** Certificate of its server; absolute paths. */
  readonly tls?: TlsFiles | undefined;
  readonly cluster?: ClusterConfig | undefined;
  readonly sync?: SyncConfig | undefined;
}

/** Files in PEM: a certificate (with its chain), its key, and the authority that clients trust. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Undefined: one that the system trusts. */
  readonly ca?: string | undefined;
}

/** `gt.yaml`: what the operator decided. Absent keys have their defaults. */
export interface TownConfig {
  /** Whether the file exists. */
  readonly exists: boolean;
  readonly doltPath: string | undefined;
  /** Those whose servers are ours to start. */
  readonly rigs: readonly RigConfig[];
  /** Those that have an `endpoint`: their servers run elsewhere. */
  readonly remoteRigs: readonly RemoteRig[];
  readonly logs: { readonly maxBytes: number; readonly keep: number; readonly level: string };
  readonly health: { readonly intervalMs: number; readonly timeoutMs: number };
  /** How a server that died is started again. */
  readonly restart: {
    readonly firstDelayMs: number;
    readonly maxDelayMs: number;
    readonly maxFailures: number;
    readonly windowMs: number;
  };
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'];

const DEFAULT_HOST = '127.0.0.1';

/**
 * Reads `gt.yaml`. A missing file is an empty configuration.
 *
 * @param env with GT_DOLT_HOST it may say that the HQ rig runs elsewhere
 * @throws AppError CONFIG_INVALID naming file, line and column; IO_ERROR
 * @example const { rigs } = await readTownConfig(townPaths(dataDir).config);
 */
export async function readTownConfig(path: string, env: NodeJS.ProcessEnv = {}): Promise<TownConfig> {
  const config = await parseTownConfig(path, await readIfThere(path));
  const remote = hqElsewhere(env);
  if (!remote) return config;
  const others = <T extends { name: string }>(rigs: readonly T[]) => rigs.filter(({ name }) => name !== remote.name);
  return { ...config, rigs: others(config.rigs), remoteRigs: [...others(config.remoteRigs), remote] };
}

/** What an absent gt.yaml means. */
export function defaultTownConfig(): Promise<TownConfig> {
  return parseTownConfig('', undefined);
}

async function parseTownConfig(path: string, text: string | undefined): Promise<TownConfig> {
  const reader = await ConfigReader.parse(path, text ?? '');
  const root = reader.root(['rigs', 'dolt', 'logs', 'health', 'restart']);
  const dolt = reader.map(root, 'dolt', ['path']);
  const logs = reader.map(root, 'logs', ['max_size', 'keep', 'level']);
  const health = reader.map(root, 'health', ['interval', 'timeout']);
  const restart = reader.map(root, 'restart', ['first_delay', 'max_delay', 'max_failures', 'window']);
  return {
    exists: text !== undefined,
    doltPath: reader.text(dolt, 'path'),
    rigs: readRigs(reader, root, dirname(path)),
    remoteRigs: readRemoteRigs(reader, root, dirname(path)),
    logs: {
      maxBytes: reader.bytes(logs, 'max_size') ?? 20 * 1024 * 1024,
      keep: reader.integer(logs, 'keep', 0, 1_000) ?? 5,
      level: reader.oneOf(logs, 'level', LOG_LEVELS) ?? 'info',
    },
    health: {
      intervalMs: reader.duration(health, 'interval') ?? 10_000,
      timeoutMs: reader.duration(health, 'timeout') ?? 5_000,
    },
    restart: {
      firstDelayMs: reader.duration(restart, 'first_delay') ?? 200,
      maxDelayMs: reader.duration(restart, 'max_delay') ?? 30_000,
      maxFailures: reader.integer(restart, 'max_failures', 1, 1_000) ?? 10,
      windowMs: reader.duration(restart, 'window') ?? 600_000,
    },
  };
}

function readRigs(reader: ConfigReader, root: YAMLMap | undefined, dataDir: string): RigConfig[] {
  const ports = new Map<number, string>();
  const here = reader.entries(root, 'rigs').filter(({ map }) => !map?.has('endpoint'));
  return here.map(({ key, node, map }) => {
    reader.at(node, () => assertRigName(key));
    reader.onlyKeys(map, ['host', 'port', 'remotesapi_port', 'tls', 'cluster', 'sync']);
    const rig: RigConfig = {
      name: key,
      host: reader.text(map, 'host') ?? DEFAULT_HOST,
      port: reader.integer(map, 'port', 1, 65_535),
      remotesapiPort: reader.integer(map, 'remotesapi_port', 1, 65_535),
      tls: readTls(reader, map, dataDir),
      cluster: readCluster(reader, map),
      sync: readSync(reader, map, dataDir),
    };
    for (const [field, port] of [
      ['port', rig.port],
      ['remotesapi_port', rig.remotesapiPort],
    ] as const) {
      if (port === undefined) continue;
      const other = ports.get(port);
      if (other)
        reader.fail(map?.get(field, true) ?? node, `port ${port} of rig "${key}" is already that of rig "${other}"`);
      ports.set(port, key);
    }
    return rig;
  });
}

function readRemoteRigs(reader: ConfigReader, root: YAMLMap | undefined, dataDir: string): RemoteRig[] {
  return reader.entries(root, 'rigs').flatMap(({ key, node, map }) => {
    if (!map?.has('endpoint')) return [];
    reader.at(node, () => assertRigName(key));
    reader.onlyKeys(map, ['endpoint']);
    const endpoint = reader.map(map, 'endpoint', ['host', 'port', 'user', 'tls', 'ca']);
    const host = reader.text(endpoint, 'host');
    if (host === undefined) reader.fail(map.get('endpoint', true), 'endpoint needs a host');
    const ca = reader.text(endpoint, 'ca');
    return {
      ...{ name: key, host },
      port: reader.integer(endpoint, 'port', 1, 65_535) ?? HQ_PORT,
      user: reader.text(endpoint, 'user') ?? 'root',
      tls: reader.flag(endpoint, 'tls') ?? ca !== undefined,
      ca: ca === undefined ? undefined : resolve(dataDir, ca),
    };
  });
}

function readTls(reader: ConfigReader, rig: YAMLMap | undefined, dataDir: string): TlsFiles | undefined {
  const map = reader.map(rig, 'tls', ['cert', 'key', 'ca']);
  if (!map) return undefined;
  const [cert, key, ca] = ['cert', 'key', 'ca'].map((name) => {
    const path = reader.text(map, name);
    return path === undefined ? undefined : resolve(dataDir, path);
  });
  if (cert === undefined || key === undefined) reader.fail(map, 'tls needs both cert and key');
  return { cert, key, ca };
}

/** What an edit sets for one rig; undefined leaves a value as it is. */
export type RigEdit = {
  name: string;
  host?: string | undefined;
  port?: number | undefined;
  remotesapiPort?: number | undefined;
  /** As they shall stand in the file: relative paths start from the data dir. */
  tls?: TlsFiles | undefined;
  cluster?: ClusterConfig | undefined;
};

/**
 * Adds rigs to `gt.yaml`, or sets their ports, and keeps everything else in it, comments too.
 * The caller holds the town's configuration lock.
 */
export async function editRigs(path: string, edits: readonly RigEdit[]): Promise<void> {
  const { parseDocument } = await import('yaml');
  const before = await readIfThere(path);
  const document = parseDocument(before ?? HEADER);
  for (const edit of edits) {
    makeMap(document, ['rigs']);
    makeMap(document, ['rigs', edit.name]);
    if (edit.host !== undefined) document.setIn(['rigs', edit.name, 'host'], edit.host);
    if (edit.port !== undefined) document.setIn(['rigs', edit.name, 'port'], edit.port);
    if (edit.remotesapiPort !== undefined) document.setIn(['rigs', edit.name, 'remotesapi_port'], edit.remotesapiPort);
    if (edit.tls !== undefined) document.setIn(['rigs', edit.name, 'tls'], document.createNode(definedIn(edit.tls)));
    if (edit.cluster !== undefined)
      document.setIn(['rigs', edit.name, 'cluster'], document.createNode(clusterNode(edit.cluster)));
  }
  const after = document.toString({ lineWidth: 0, ...(before === undefined ? { collectionStyle: 'block' } : {}) });
  // What we would refuse to read we do not write.
  await parseTownConfig(path, after);
  // The operator's link to a file elsewhere stays one.
  await writeFileAtomic(await realpath(path).catch(() => path), after, 0o600);
}

function definedIn(tls: TlsFiles): Record<string, string> {
  return { cert: tls.cert, key: tls.key, ...(tls.ca === undefined ? {} : { ca: tls.ca }) };
}

/** `beads:` without a value is null in YAML; a key below it needs a map there. */
function makeMap(document: Document.Parsed, path: readonly string[]): void {
  const there = document.getIn(path);
  // One without entries, `{}`, is written in a line of its own each as the others are.
  if (there != null && !(isEmptyMap(there) && path.length > 1)) return;
  const map = document.createNode({});
  map.flow = false;
  document.setIn(path, map);
}

function isEmptyMap(node: unknown): boolean {
  return (
    typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items) && node.items.length === 0
  );
}

const HEADER = `# The rigs of this town: one Dolt database and one server each. See README.md, "gt.yaml".
rigs:
`;

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code !== 'EISDIR') throw fileError(error, `cannot read ${path}`);
    throw new AppError('CONFIG_INVALID', `${path} is a directory, not a file`, { hint: 'move it away', cause: error });
  }
}

/** What to say of a rig that is not one of ours: RIG_UNKNOWN, or MANAGED_ELSEWHERE for one with an endpoint. */
export function unknownRig(name: string, config: TownConfig): AppError {
  const remote = config.remoteRigs.find((rig) => rig.name === name);
  if (remote) return managedElsewhere(remote);
  if (name === HQ_RIG && config.rigs.length === 0 && config.remoteRigs.length === 0)
    return new AppError('RIG_UNKNOWN', 'there is no rig yet', { hint: 'gt dolt start   makes the first one' });
  const known = config.rigs.map((rig) => rig.name).join(', ');
  return new AppError('RIG_UNKNOWN', `no rig "${name}" is configured${known ? ` (there are: ${known})` : ''}`, {
    hint: `gt dolt init-rig ${name}   creates it; gt dolt list   shows all`,
  });
}
