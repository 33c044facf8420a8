import { networkInterfaces } from 'node:os';
import { AppError } from '../errors.ts';
import { isLoopback, isWildcard } from './address.ts';
import { HQ_PORT } from './ports.ts';
import { HQ_RIG } from './rig-name.ts';

/** A rig whose server runs elsewhere: it can be used from here, and is started and stopped there. */
export interface RemoteRig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly tls: boolean;
  /** File of the authority that signed its certificate; undefined for those that the system trusts. */
  readonly ca: string | undefined;
}

/**
 * The HQ rig where GT_DOLT_HOST (and GT_DOLT_PORT) name another machine.
 *
 * @returns undefined when there is no such variable, or it names an address of this machine
 */
export function hqElsewhere(env: NodeJS.ProcessEnv): RemoteRig | undefined {
  const host = env['GT_DOLT_HOST'];
  if (!host || isLoopback(host) || isWildcard(host) || isOwnAddress(host)) return undefined;
  const port = Number(env['GT_DOLT_PORT'] || HQ_PORT);
  const user = env['BEADS_DOLT_SERVER_USER'] || 'root';
  const ca = env['BEADS_DOLT_SERVER_TLS_CA'] || undefined;
  const tls = ca !== undefined || /^(1|true|yes|on)$/i.test(env['BEADS_DOLT_SERVER_TLS'] ?? '');
  return { name: HQ_RIG, host, port, user, tls, ca };
}

function isOwnAddress(host: string): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === host));
}

/** What the commands say that would change such a server, or look at its files. */
export function managedElsewhere({ name, host, port }: RemoteRig): AppError {
  return new AppError('MANAGED_ELSEWHERE', `rig "${name}" is managed elsewhere: its server is ${host}:${port}`, {
    hint: `run gt dolt on ${host}; from here: gt dolt status ${name}, gt dolt sql ${name}, bd`,
  });
}
