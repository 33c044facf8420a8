import type { DoltBinary } from '../dolt/binary.ts';
import { verifyServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { RigConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { readLiveState } from '../town/live-state.ts';
import { assertRigName } from '../town/rig-name.ts';
import { rootPasswords } from '../town/secrets.ts';
import { SupervisorClient } from './client.ts';
import { configOrState, noSuchRig } from './known-rigs.ts';
import { lookedAt, probed, unverified } from './looked-at.ts';
import type { Hello, RigSnapshot } from './protocol.ts';
import { recordedSupervisor } from './recorded-supervisor.ts';
import { remoteStatus } from './remote-status.ts';
import { type RigStatus, rigStatus, stoppedSnapshot } from './rig-status.ts';
import { handStartedSnapshot } from './start-conflicts.ts';
import { unlistedRigs } from './survivors.ts';
import { type RigSync, syncStatus } from './sync/sync-status.ts';

/** The JSON of `gt dolt status`; absent values are null. */
export interface TownStatus {
  data_dir: string;
  dolt: { path: string | null; version: string | null };
  /** Without an uptime: it lives and does not answer. */
  supervisor: { running: boolean; pid: number | null; uptime_seconds: number | null };
  rigs: (RigStatus & { sync: RigSync | null })[];
}

export interface TownStatusOptions {
  readonly paths: TownPaths;
  /** Empty means every configured rig. */
  readonly rigs: readonly string[];
  /** Of the servers' root user; empty for none. */
  readonly password: string;
  readonly env: NodeJS.ProcessEnv;
  /**
   * Told of a gt.yaml that cannot be read, which is then passed over; without it that is thrown. And of
   * a supervisor that does not answer.
   */
  readonly onWarning?: ((problem: AppError) => void) | undefined;
  findDolt(configuredPath: string | undefined): Promise<DoltBinary>;
}

/**
 * Tells what every rig does: from the supervisor where it runs, else from the state files, with
 * each process verified and each server asked.
 *
 * @throws AppError CONFIG_INVALID, RIG_UNKNOWN
 */
export async function townStatus(options: TownStatusOptions): Promise<TownStatus> {
  const { paths } = options;
  let silent = false;
  const connecting = SupervisorClient.connect(paths).catch(() => {
    silent = true;
    return undefined;
  });
  const asking = connecting.then((client) => client?.status()).catch(() => undefined);
  try {
    // While the supervisor asks its servers.
    const config = await configOrState(paths, options.onWarning, options.env);
    const dolt = await options.findDolt(config.doltPath).catch(() => undefined);
    const [client, watched] = await Promise.all([connecting, asking]);
    const mute = silent ? await recordedSupervisor(paths) : undefined;
    if (mute !== undefined) options.onWarning?.(unanswering(mute));
    for (const name of options.rigs) {
      assertRigName(name);
      if (![...config.rigs, ...config.remoteRigs].some((rig) => rig.name === name))
        throw await noSuchRig(paths, name, config);
    }
    const unlisted = options.rigs.length === 0 ? await unlistedRigs(paths, config) : [];
    const asked = [
      ...config.rigs.filter((rig) => options.rigs.length === 0 || options.rigs.includes(rig.name)),
      ...unlisted.map((name) => ({ name, host: '127.0.0.1', port: undefined, remotesapiPort: undefined })),
    ];
    const known = new Map((watched ?? []).map((snapshot) => [snapshot.live.rig, snapshot]));
    const rigs = await Promise.all(
      asked.map(async (rig) => rigStatus(paths, await current(options, rig, known.get(rig.name)))),
    );
    const remote = config.remoteRigs.filter(({ name }) => options.rigs.length === 0 || options.rigs.includes(name));
    const elsewhere = await Promise.all(remote.map((rig) => remoteStatus(paths, rig, options.env)));
    return {
      data_dir: paths.dataDir,
      dolt: { path: dolt?.path ?? null, version: dolt?.version ?? null },
      supervisor: supervisorStatus(client?.hello, mute),
      rigs: await Promise.all([...rigs, ...elsewhere].map(async (rig) => withSync(paths, rig, config.rigs, client))),
    };
  } finally {
    (await connecting)?.close();
  }
}

async function withSync(
  paths: TownPaths,
  status: RigStatus,
  rigs: readonly RigConfig[],
  supervisor: SupervisorClient | undefined,
): Promise<TownStatus['rigs'][number]> {
  const sync = rigs.find(({ name }) => name === status.rig)?.sync;
  if (!sync) return { ...status, sync: null };
  const watched = supervisor !== undefined && status.managed && status.state === 'running';
  return { ...status, sync: await syncStatus(paths, status.rig, sync, watched, new Date()) };
}

/** What is said of a supervisor that lives and does not answer. */
export function unanswering(pid: number): AppError {
  const message = `the supervisor, pid ${pid}, does not answer: nobody starts a server again that dies`;
  const hint = `look at it with: ps -fp ${pid}; its end harms no server, and gt dolt start starts the next one`;
  return new AppError('SUPERVISOR_FAILED', message, { hint });
}

function supervisorStatus(hello: Hello | undefined, mute: number | undefined): TownStatus['supervisor'] {
  if (!hello) return { running: mute !== undefined, pid: mute ?? null, uptime_seconds: null };
  return {
    running: true,
    pid: hello.pid,
    uptime_seconds: Math.round((Date.now() - Date.parse(hello.startedAt)) / 1000),
  };
}

async function current(
  { paths, password }: TownStatusOptions,
  rig: RigConfig,
  watched: RigSnapshot | undefined,
): Promise<RigSnapshot> {
  const withProbe = (snapshot: RigSnapshot) => probed(snapshot, rootPasswords(paths, rig.name, password));
  if (watched && watched.live.state !== 'stopped' && watched.live.state !== 'failed') return withProbe(watched);
  const live = await readLiveState(paths, rig.name);
  if (live?.server) {
    const verdict = await verifyServer(live.server);
    if (verdict.result === 'verified')
      return withProbe({ live: { ...live, state: 'running' }, probe: null, managed: true });
    if (verdict.result === 'unknown') return unverified({ live, probe: null, managed: true }, verdict.why);
  }
  const byHand = await handStartedSnapshot(paths, rig.name);
  if (byHand) return withProbe(byHand);
  const stopped = await stoppedSnapshot(paths, rig.name);
  return rig.port === undefined ? stopped : lookedAt(paths, stopped, password);
}
