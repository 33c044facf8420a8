import { randomBytes } from 'node:crypto';
import { access, chmod, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';
import type { TlsFiles } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { fileError } from '../util/atomic-write.ts';
import { makeDirectory } from '../util/make-directory.ts';

/** A leaf may not be valid for longer where the platforms' rules are followed. */
const LEAF_DAYS = 825;
const AUTHORITY_DAYS = 3_650;
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Makes a certificate for a rig's server, signed by the town's own authority, which is made first
 * where there is none. OpenSSL does it; what it is told is a file, and no key leaves `.gt/tls`.
 *
 * @param names host names and addresses that the server is reached by
 * @returns the files, relative to the data dir
 * @throws AppError CERTIFICATE_UNUSABLE when there is no OpenSSL, IO_ERROR
 * @example await makeCertificate(paths, 'beads', ['localhost', '127.0.0.1', 'town.example']);
 */
export async function makeCertificate(paths: TownPaths, rig: string, names: readonly string[]): Promise<TlsFiles> {
  const directory = paths.tls('.');
  await makeDirectory(directory).catch((error: unknown) => {
    throw fileError(error, `cannot make ${directory}`);
  });
  if (!(await exists(paths.tls('ca-key.pem')))) await makeAuthority(paths);
  const work = paths.tls(`draft.${process.pid}.${randomBytes(4).toString('hex')}`);
  const draft = (name: string) => `${work}.${name}`;
  try {
    await writeFile(draft('cnf'), leafConfig(rig, names), { mode: 0o600 });
    await openssl(['req', '-new', ...KEY, '-config', draft('cnf'), '-keyout', draft('key'), '-out', draft('csr')]);
    const signer = ['-CA', paths.tls('ca.pem'), '-CAkey', paths.tls('ca-key.pem')];
    const serial = ['-set_serial', `0x${randomBytes(16).toString('hex')}`, '-days', String(LEAF_DAYS)];
    const extensions = ['-extfile', draft('cnf'), '-extensions', 'leaf'];
    await openssl(['x509', '-req', '-in', draft('csr'), ...signer, ...serial, ...extensions, '-out', draft('pem')]);
    await publish(draft('key'), paths.tls(`${rig}-key.pem`));
    await publish(draft('pem'), paths.tls(`${rig}.pem`));
  } finally {
    for (const name of ['cnf', 'csr', 'key', 'pem']) await rm(draft(name), { force: true });
  }
  const relative = (name: string) => join('.gt', 'tls', name);
  return { cert: relative(`${rig}.pem`), key: relative(`${rig}-key.pem`), ca: relative('ca.pem') };
}

async function makeAuthority(paths: TownPaths): Promise<void> {
  const work = paths.tls(`draft.${process.pid}.${randomBytes(4).toString('hex')}`);
  const [config, key, certificate] = [`${work}.cnf`, `${work}.key`, `${work}.pem`];
  try {
    await writeFile(config, AUTHORITY_CONFIG, { mode: 0o600 });
    const days = ['-days', String(AUTHORITY_DAYS), '-set_serial', `0x${randomBytes(16).toString('hex')}`];
    await openssl(['req', '-x509', ...KEY, ...days, '-config', config, '-keyout', key, '-out', certificate]);
    await publish(certificate, paths.tls('ca.pem'));
    await publish(key, paths.tls('ca-key.pem'));
  } finally {
    for (const path of [config, key, certificate]) await rm(path, { force: true });
  }
}

async function publish(from: string, to: string): Promise<void> {
  await chmod(from, 0o600);
  await rename(from, to);
}

const AUTHORITY_CONFIG = `[req]
distinguished_name = name
prompt = no
x509_extensions = authority
[name]
CN = gt dolt, authority of one town
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;

function leafConfig(rig: string, names: readonly string[]): string {
  const alternatives = names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(', ');
  return `[req]
distinguished_name = name
prompt = no
[name]
CN = gt dolt rig ${rig}
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${alternatives}
`;
}

async function openssl(args: readonly string[]): Promise<void> {
  const { execa } = await import('execa');
  try {
    // A key takes a second; a system without entropy may take for ever.
    await execa('openssl', args, { stdin: 'ignore', timeout: 60_000 });
  } catch (cause) {
    const missing = systemErrorCode(cause) === 'ENOENT';
    const why = missing ? 'there is no openssl on PATH' : messageOf(cause);
    throw new AppError('CERTIFICATE_UNUSABLE', `cannot make a certificate: ${why}`, {
      hint: 'install OpenSSL, or bring your own: gt dolt cert RIG --cert FILE --key FILE --ca FILE',
      cause,
    });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
