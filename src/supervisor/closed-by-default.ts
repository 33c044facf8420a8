import { AppError } from '../errors.ts';
import { isLoopback } from '../town/address.ts';
import type { RigConfig } from '../town/config.ts';

/** Whether other machines reach a listener of the rig: Dolt opens remotesapi on every address. */
export function reachesOut(rig: Pick<RigConfig, 'host' | 'remotesapiPort' | 'cluster'>): boolean {
  return rig.cluster !== undefined || rig.remotesapiPort !== undefined || !isLoopback(rig.host);
}

/**
 * Refuses a listener that other machines reach, for a rig without a certificate: passwords and
 * issues would cross the network for all to read.
 *
 * @throws AppError TLS_MISSING with the commands that put it right
 */
export function requireTls({ name, host, remotesapiPort, cluster, tls }: RigConfig): void {
  if (tls) return;
  const listeners = [
    ...(isLoopback(host) ? [] : [`host ${host}`]),
    ...(remotesapiPort === undefined
      ? []
      : [`a remotesapi port (${remotesapiPort}), which Dolt opens on every address`]),
    ...(cluster ? [`a port for its cluster (${cluster.port})`] : []),
  ];
  const what = listeners.join(' and ');
  throw new AppError('TLS_MISSING', `rig "${name}" has ${what}, and no certificate to encrypt with`, {
    hint: `gt dolt cert ${name}; then: gt dolt start ${name}   (gt dolt start --federation ${name} does both)`,
  });
}
