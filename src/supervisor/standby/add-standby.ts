import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeCertificate } from '../../dolt/make-certificate.ts';
import { AppError } from '../../errors.ts';
import { isLoopback } from '../../town/address.ts';
import type { ClusterConfig } from '../../town/cluster-config.ts';
import { editRigs, type RigConfig, readTownConfig, unknownRig } from '../../town/config.ts';
import type { TownPaths } from '../../town/data-dir.ts';
import { rootPasswords } from '../../town/secrets.ts';
import { writeFileAtomic } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { isRunning } from '../address-conflicts.ts';
import { closeAccess } from '../federation-mode.ts';
import type { StandbyBundle } from './bundle.ts';

export interface AddStandbyOptions {
  readonly paths: TownPaths;
  readonly rig: string;
  /** `HOST` or `HOST:PORT` of each standby, where the other servers reach it. */
  readonly standbys: readonly string[];
  /** Where the standbys reach this machine. */
  readonly address: string;
  readonly port: number;
  readonly ackTimeoutSeconds: number;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
  onClosed?(message: string): void;
}

/** What was made for a standby. */
export interface AddedStandby {
  readonly standby: string;
  /** To be copied to it: it holds secrets. */
  readonly file: string;
}

/**
 * Makes a rig the primary of a cluster, and a file for each standby with everything that it needs.
 * The rig's server is stopped: Dolt reads the configuration of a cluster when it starts.
 *
 * @throws AppError RIG_UNKNOWN, CONFLICT, VALIDATION, CERTIFICATE_UNUSABLE, PASSWORD_MISSING, IO_ERROR
 */
export async function addStandbys(options: AddStandbyOptions): Promise<AddedStandby[]> {
  const { paths, rig, port } = options;
  const standbys = options.standbys.map((text) => hostAndPort(text, port));
  const lock = await acquireLock({
    directory: paths.lock('config'),
    purpose: `gt dolt standby add`,
    subject: 'gt.yaml',
    timeoutMs: 60_000,
  });
  try {
    const config = await readTownConfig(paths.config);
    const settings = config.rigs.find((one) => one.name === rig);
    if (!settings) throw unknownRig(rig, config);
    if (await isRunning(paths, rig)) {
      throw new AppError('CONFLICT', `rig "${rig}" runs, and Dolt reads the configuration of a cluster at its start`, {
        hint: `gt dolt stop ${rig}; then again, and: gt dolt start ${rig}`,
      });
    }
    const { tls } = await closeAccess(options, settings);
    const known = settings.cluster?.peers ?? [];
    const peers = [...new Set([...known, ...standbys.map((one) => `${one.host}:${one.port}`)])];
    const cluster: ClusterConfig = {
      ...{ role: 'primary', port, peers, ackTimeoutSeconds: options.ackTimeoutSeconds },
      host: isLoopback(options.address) ? options.address : '0.0.0.0',
    };
    await editRigs(paths.config, [{ name: rig, tls, cluster }]);
    const made: AddedStandby[] = [];
    for (const one of standbys) made.push(await bundleFor(options, settings, one, peers));
    return made;
  } finally {
    await lock.release();
  }
}

async function bundleFor(
  { paths, rig, env, address, port, ackTimeoutSeconds }: AddStandbyOptions,
  settings: RigConfig,
  standby: { host: string; port: number },
  peers: readonly string[],
): Promise<AddedStandby> {
  const [password = ''] = rootPasswords(paths, rig, env['BEADS_DOLT_PASSWORD'] ?? '');
  if (password === '') {
    throw new AppError('PASSWORD_MISSING', `the password of root of rig "${rig}" is not known`, {
      hint: `gt dolt user passwd root --rig ${rig}`,
    });
  }
  const itself = `${standby.host}:${standby.port}`;
  const name = `${rig}-${itself.replace(/[^A-Za-z0-9.]+/g, '-')}`;
  const names = ['localhost', '127.0.0.1', '::1', standby.host];
  const files = await makeCertificate(paths, name, [...new Set(names)]);
  const text = (path: string) => readFile(resolve(paths.dataDir, path), 'utf8');
  const bundle: StandbyBundle = {
    ...{ schema_version: 1, rig, ...standby, root_password: password, ack_timeout_seconds: ackTimeoutSeconds },
    peers: [`${address}:${settings.cluster?.port ?? port}`, ...peers.filter((peer) => peer !== itself)],
    cert: await text(files.cert),
    key: await text(files.key),
    ca: await text(files.ca ?? ''),
  };
  const directory = join(paths.gt, 'standby');
  await makeDirectory(directory);
  const file = join(directory, `${name}.json`);
  await writeFileAtomic(file, `${JSON.stringify(bundle, null, 2)}\n`, 0o600);
  return { standby: itself, file };
}

function hostAndPort(text: string, fallback: number): { host: string; port: number } {
  const match = /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/.exec(text);
  if (!match?.[1]) throw new AppError('VALIDATION', `"${text}" is neither HOST nor HOST:PORT`);
  return { host: match[1], port: Number(match[2] ?? fallback) };
}
