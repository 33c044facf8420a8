import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { checkCertificate } from '../dolt/certificate.ts';
import { makeCertificate } from '../dolt/make-certificate.ts';
import { AppError } from '../errors.ts';
import { isLoopback, isWildcard } from '../town/address.ts';
import { editRigs, type RigConfig, readTownConfig, type TlsFiles, unknownRig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { acquireLock } from '../util/process-lock.ts';

export interface CertifyOptions {
  readonly paths: TownPaths;
  readonly rig: string;
  /** Further host names and addresses of this machine. */
  readonly names: readonly string[];
  /** The operator's own certificate, used as it is. */
  readonly own?: TlsFiles | undefined;
  readonly signal?: AbortSignal;
}

/** The JSON of `gt dolt cert`. */
export interface CertifiedRig {
  rig: string;
  cert: string;
  key: string;
  /** What clients and peers have to trust; null for an authority that systems trust anyway. */
  ca: string | null;
  /** Names and addresses that it is for. */
  names: string[];
  /** ISO time. */
  valid_to: string;
}

const LOCK_WAIT_MS = 60_000;
const HOST_NAME = /^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/;

/**
 * Gives a rig a certificate, and notes it in gt.yaml: one of the town's own authority, or the
 * operator's. A running server takes it when it is restarted.
 *
 * @throws AppError RIG_UNKNOWN, VALIDATION, CERTIFICATE_UNUSABLE, IO_ERROR
 * @example await certifyRig({ paths, rig: 'beads', names: ['town.example'] });
 */
export async function certifyRig(options: CertifyOptions): Promise<CertifiedRig> {
  const { paths, rig, names, own } = options;
  const lock = await acquireLock({
    directory: paths.lock('config'),
    purpose: `gt dolt cert ${rig}`,
    subject: 'gt.yaml',
    timeoutMs: LOCK_WAIT_MS,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  try {
    const config = await readTownConfig(paths.config);
    const settings = config.rigs.find((one) => one.name === rig);
    if (!settings) throw unknownRig(rig, config);
    const tls = own ?? (await certificateFor(paths, settings, names));
    const absolute = {
      cert: resolve(paths.dataDir, tls.cert),
      key: resolve(paths.dataDir, tls.key),
      ca: tls.ca === undefined ? undefined : resolve(paths.dataDir, tls.ca),
    };
    await checkCertificate(rig, absolute);
    await editRigs(paths.config, [{ name: rig, tls }]);
    const certificate = new X509Certificate(await readFile(absolute.cert));
    return {
      rig,
      ...absolute,
      ca: absolute.ca ?? null,
      names: (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')),
      valid_to: new Date(certificate.validTo).toISOString(),
    };
  } finally {
    await lock.release();
  }
}

/**
 * Makes a certificate for every name and address that this machine knows of itself, and those given.
 *
 * @returns the files, relative to the data dir
 * @throws AppError VALIDATION
 */
export async function certificateFor(paths: TownPaths, rig: RigConfig, names: readonly string[]): Promise<TlsFiles> {
  for (const name of names) {
    if (!HOST_NAME.test(name)) throw new AppError('VALIDATION', `"${name}" is neither a host name nor an address`);
  }
  const configured = isLoopback(rig.host) || isWildcard(rig.host) ? [] : [rig.host];
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const addresses = own.flatMap(({ address, internal }) => (internal || address.includes('%') ? [] : [address]));
  const all = ['localhost', '127.0.0.1', '::1', hostname(), ...addresses, ...configured, ...names];
  return makeCertificate(paths, rig.name, [...new Set(all.filter((name) => HOST_NAME.test(name) || name === '::1'))]);
}
