import { randomUUID } from 'node:crypto';
import { checkCertificate } from '../dolt/certificate.ts';
import { doltEnvironment, makeTownDirectories } from '../dolt/environment.ts';
import { requirePasswords } from '../dolt/open-accounts.ts';
import { writeServerConfig } from '../dolt/server-config.ts';
import { spawnServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import { localAddress } from '../town/address.ts';
import type { TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { LiveState, ServerProcess } from '../town/live-state.ts';
import { reachesOut, requireTls } from './closed-by-default.ts';
import { ServerHandle } from './server-handle.ts';
import { assertPortFree } from './start-conflicts.ts';

export interface LaunchOptions {
  readonly paths: TownPaths;
  readonly config: TownConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly rig: string;
  readonly doltBin: string;
  /** The passwords of root that are known now, to be tried in that order. */
  passwords(): string[];
}

export interface LaunchedServer {
  readonly handle: ServerHandle;
  /** What the rig's live state says of it from now on. */
  readonly live: Pick<LiveState, 'server' | 'host' | 'port' | 'remotesapiPort' | 'tls' | 'startedAt' | 'lastError'>;
}

/**
 * Spawns the server of a rig as `gt.yaml` has it.
 *
 * @throws AppError RIG_UNKNOWN, PORT_IN_USE, TLS_MISSING, CERTIFICATE_UNUSABLE, PASSWORD_MISSING, SERVER_FAILED, IO_ERROR
 */
export async function launchServer(options: LaunchOptions): Promise<LaunchedServer> {
  const { paths, config, rig } = options;
  const settings = config.rigs.find((one) => one.name === rig);
  if (settings?.port === undefined) throw new AppError('RIG_UNKNOWN', `rig "${rig}" has no port in ${paths.config}`);
  const { host, port, remotesapiPort } = settings;
  const local = localAddress(host);
  await assertPortFree(rig, local, port);
  await makeTownDirectories(paths);
  if (remotesapiPort !== undefined) await assertPortFree(rig, local, remotesapiPort);
  if (settings.cluster) await assertPortFree(rig, localAddress(settings.cluster.host), settings.cluster.port);
  const tls = settings.tls ? await checkCertificate(rig, settings.tls) : null;
  if (reachesOut(settings)) {
    requireTls(settings);
    await requirePasswords({ ...options, passwords: options.passwords() });
  }
  const token = randomUUID();
  const configFile = await writeServerConfig(paths, {
    ...{ rig, host, port, remotesapiPort, token, tls: settings.tls, cluster: settings.cluster },
    logLevel: config.logs.level,
  });
  const spawned = await spawnServer({
    doltBin: options.doltBin,
    dataDir: paths.rig(rig),
    configFile,
    logFile: paths.log(rig),
    token,
    env: doltEnvironment(paths, options.env),
  });
  const handle = new ServerHandle(
    spawned.process,
    { host: local, port, tls, database: rig, passwords: options.passwords },
    spawned.child,
  );
  const place = { host, port, tls, remotesapiPort: remotesapiPort ?? null };
  return {
    handle,
    live: { ...place, server: handle.server, startedAt: new Date().toISOString(), lastError: null },
  };
}

/** Takes over a server that a former supervisor left running. */
export function adoptServer(server: ServerProcess, live: LiveState, passwords: () => string[]): ServerHandle {
  const { rig, state, host, port, tls } = live;
  const handle = new ServerHandle(server, { host: localAddress(host), port, tls, database: rig, passwords });
  handle.stopping = state === 'stopping';
  return handle;
}
