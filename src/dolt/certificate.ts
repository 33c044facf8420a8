import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError, messageOf } from '../errors.ts';
import type { TlsFiles } from '../town/config.ts';
import type { RigTls } from '../town/live-state.ts';

/**
 * Looks at a rig's certificate before a server is given it, and tells how clients on this machine
 * verify it: Dolt itself ends, or goes on without TLS for remotesapi, with little to say.
 *
 * @throws AppError CERTIFICATE_UNUSABLE
 * @example const { name } = await checkCertificate('beads', { cert: '/t/beads.pem', key: '/t/beads-key.pem' });
 */
export async function checkCertificate(rig: string, files: TlsFiles, now = Date.now()): Promise<RigTls> {
  const unusable = (why: string, cause?: unknown) =>
    new AppError('CERTIFICATE_UNUSABLE', `rig "${rig}": ${why}`, {
      hint: `gt dolt cert ${rig}   makes a new one`,
      cause,
    });
  const read = <T>(path: string, parse: (text: Buffer) => T): Promise<T> =>
    readFile(path)
      .then(parse)
      .catch((cause: unknown) => {
        throw unusable(`cannot use ${path}: ${messageOf(cause)}`, cause);
      });
  const certificate = await read(files.cert, (text) => new X509Certificate(text));
  const key = await read(files.key, (text) => createPrivateKey(text));
  if (files.ca !== undefined) await read(files.ca, (text) => new X509Certificate(text));
  if (!certificate.checkPrivateKey(key)) throw unusable(`${files.key} is not the key of ${files.cert}`);
  if (Date.parse(certificate.validTo) <= now) throw unusable(`${files.cert} expired on ${certificate.validTo}`);
  const name = verifiableName(certificate);
  if (name === undefined)
    throw unusable(`${files.cert} is for no host name: it needs a subjectAltName like DNS:localhost`);
  return { ca: files.ca ?? null, name };
}

/** Until when a certificate in PEM is good, in ms. @throws the system's error, or that of the parser */
export async function certificateEnd(path: string): Promise<number> {
  return Date.parse(new X509Certificate(await readFile(path)).validTo);
}

/** A DNS name that the certificate is for; `localhost` where it is one of them. */
function verifiableName(certificate: X509Certificate): string | undefined {
  if (certificate.checkHost('localhost')) return 'localhost';
  const names = (certificate.subjectAltName ?? '').split(', ').flatMap((one) => /^DNS:(.+)$/.exec(one)?.[1] ?? []);
  return names[0]?.replace(/^\*\./, 'dolt.');
}
