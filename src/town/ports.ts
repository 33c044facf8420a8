import { AppError } from '../errors.ts';
import type { TownConfig } from './config.ts';
import { HQ_RIG } from './rig-name.ts';

export const HQ_PORT = 3307;
const FIRST_RIG_PORT = 3308;
const LAST_PORT = 65_535;

/**
 * The port for a rig that has none yet: 3307 for the HQ rig (GT_DOLT_PORT overrides), else the
 * first from 3308 upward that no rig has been given, running or stopped, and nobody listens on.
 *
 * @throws AppError PORT_IN_USE when none is left
 */
export async function allocatePort(rig: string, config: TownConfig, env: NodeJS.ProcessEnv): Promise<number> {
  if (rig === HQ_RIG) return hqPort(env);
  const claimed = new Set(config.rigs.flatMap((one) => [one.port, one.remotesapiPort]));
  claimed.add(hqPort(env));
  const { default: getPort } = await import('get-port');
  for (let port = FIRST_RIG_PORT; port <= LAST_PORT; port += 1) {
    if (claimed.has(port)) continue;
    // get-port answers another port when this one is held.
    if ((await getPort({ port, host: '127.0.0.1' })) === port) return port;
  }
  throw new AppError('PORT_IN_USE', `no port from ${FIRST_RIG_PORT} upward is free for rig "${rig}"`);
}

function hqPort(env: NodeJS.ProcessEnv): number {
  return givenHqPort(env) ?? HQ_PORT;
}

/**
 * What GT_DOLT_PORT says; undefined when it is not set.
 *
 * @throws AppError USAGE when it is no port
 */
export function givenHqPort(env: NodeJS.ProcessEnv): number | undefined {
  const given = env['GT_DOLT_PORT'];
  if (!given) return undefined;
  const port = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (port >= 1 && port <= LAST_PORT) return port;
  throw new AppError('USAGE', `GT_DOLT_PORT is "${given}", not a port`, {
    hint: 'a whole number from 1 to 65535',
  });
}
