import { connect, isIP, type Socket } from 'node:net';
import { trustedAuthorities } from './extra-authorities.ts';

/** How a server's certificate is verified. */
export interface ServerTls {
  /** Authority in PEM; absent: those that the system trusts. */
  readonly ca?: string | undefined;
  /** The name that the certificate must be for; absent: the host that is asked for. */
  readonly name?: string | undefined;
}

/**
 * Connects to a server whose certificate mysql2 will verify. mysql2 hands Node this very socket and
 * no name for an IP address, and Node would then ask for a certificate of `localhost`: it takes the
 * name from where its own look-up of host names leaves it.
 *
 * @example createConnection({ ...tlsOptions('10.0.0.5', { ca }), stream: () => dialVerified('10.0.0.5', 3306) })
 */
export function dialVerified(host: string, port: number): Socket {
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  return isIP(host) ? Object.assign(socket, { _host: host }) : socket;
}

/** Options of mysql2 for a verified TLS connection. */
export function tlsOptions(host: string, tls: ServerTls) {
  const { ca = trustedAuthorities(process.env), name } = tls;
  return { host: name ?? host, ssl: { verifyIdentity: true, ...(ca === undefined ? {} : { ca }) } };
}
