import { randomUUID } from 'node:crypto';
import { doltEnvironment, makeTownDirectories } from '../dolt/environment.ts';
import { requirePasswords } from '../dolt/open-accounts.ts';
import { writeServerConfig } from '../dolt/server-config.ts';
import { spawnServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { LiveState } from '../town/live-state.ts';
import { ServerHandle } from './server-handle.ts';
import { assertPortFree } from './start-conflicts.ts';

export interface LaunchOptions {
  readonly paths: TownPaths;
  readonly config: TownConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly rig: string;
  readonly doltBin: string;
  /** The password of root that is known now; else empty. */
  password(): string;
}

export interface LaunchedServer {
  readonly handle: ServerHandle;
  /** What the rig's live state says of it from now on. */
  readonly live: Pick<LiveState, 'server' | 'host' | 'port' | 'remotesapiPort' | 'startedAt' | 'lastError'>;
}

/**
 * Spawns the server of a rig as `gt.yaml` has it.
 *
 * @throws AppError RIG_UNKNOWN, PORT_IN_USE, PASSWORD_MISSING, SERVER_FAILED, IO_ERROR
 */
export async function launchServer(options: LaunchOptions): Promise<LaunchedServer> {
  const { paths, config, rig } = options;
  const settings = config.rigs.find((one) => one.name === rig);
  if (settings?.port === undefined) throw new AppError('RIG_UNKNOWN', `rig "${rig}" has no port in ${paths.config}`);
  const { host, port, remotesapiPort } = settings;
  await assertPortFree(rig, host, port);
  await makeTownDirectories(paths);
  let secrets: NodeJS.ProcessEnv = {};
  if (remotesapiPort !== undefined) {
    await assertPortFree(rig, host, remotesapiPort);
    secrets = await requirePasswords({ ...options, password: options.password() });
  }
  const token = randomUUID();
  const configFile = await writeServerConfig(paths, {
    ...{ rig, host, port, remotesapiPort, token },
    logLevel: config.logs.level,
  });
  const spawned = await spawnServer({
    doltBin: options.doltBin,
    dataDir: paths.rig(rig),
    configFile,
    logFile: paths.log(rig),
    token,
    env: { ...doltEnvironment(paths, options.env), ...secrets },
  });
  const handle = new ServerHandle(
    spawned.process,
    { host, port, database: rig, password: options.password },
    spawned.child,
  );
  const place = { host, port, remotesapiPort: remotesapiPort ?? null };
  return {
    handle,
    live: { ...place, server: handle.server, startedAt: new Date().toISOString(), lastError: null },
  };
}
