import { readFile } from 'node:fs/promises';
import { localAddress } from '../town/address.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { type RigTls, readLiveState } from '../town/live-state.ts';
import { readSecret } from '../town/secrets.ts';

/** How this user logs in to a rig's server. */
export interface RigLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** How its certificate is verified; null for a server without TLS. */
  readonly tls: RigTls | null;
  /** Whether another machine manages it. */
  readonly elsewhere?: true;
}

/**
 * BEADS_DOLT_SERVER_USER and BEADS_DOLT_PASSWORD where they are set; else root, with the password
 * that gt keeps for it.
 */
export async function rigLogin(
  paths: TownPaths,
  endpoint: { host: string; port: number; database: string },
  env: NodeJS.ProcessEnv,
): Promise<RigLogin> {
  const { database, port } = endpoint;
  const user = env['BEADS_DOLT_SERVER_USER'] || 'root';
  const kept = user === 'root' ? readSecret(paths, database) : undefined;
  const live = await readLiveState(paths, database);
  return {
    ...{ host: localAddress(endpoint.host), port, database, user },
    password: env['BEADS_DOLT_PASSWORD'] || kept || '',
    tls: live?.port === port ? (live.tls ?? null) : null,
  };
}

/** The same for the driver of `src/database`. */
export async function driverLogin({ tls, ...login }: RigLogin) {
  if (!tls) return login;
  const ca = tls.ca === null ? undefined : await readFile(tls.ca, 'utf8');
  return { ...login, tls: { ca, name: tls.name } };
}
