import { verifyServer } from '../dolt/server-process.ts';
import { readTownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { type LiveState, type RigState, readLiveState } from '../town/live-state.ts';
import { directoryBytes } from '../util/directory-bytes.ts';
import { inspectProcess } from '../util/process-identity.ts';
import type { RigSnapshot } from './protocol.ts';

/** One rig in the JSON of `gt dolt status`; absent values are null. */
export interface RigStatus {
  rig: string;
  state: RigState;
  /** Whether the supervisor started its server. */
  managed: boolean;
  /** Whether it answers over SQL. */
  reachable: boolean;
  /**
   * Whether it is the rig's server: by what it says over SQL, and where it says nothing by its
   * process (pid, start time, program, directory).
   */
  identity: 'verified' | 'mismatch' | 'unknown';
  pid: number | null;
  host: string;
  port: number | null;
  remotesapi_port: number | null;
  database: string;
  /** Of Dolt. */
  version: string | null;
  started_at: string | null;
  uptime_seconds: number | null;
  restarts: number;
  latency_ms: number | null;
  connections: number | null;
  disk_bytes: number | null;
  memory_bytes: number | null;
  log_file: string;
  last_error: string | null;
}

/** Adds to a snapshot what the file system and the process table know. */
export async function rigStatus(paths: TownPaths, snapshot: RigSnapshot): Promise<RigStatus> {
  const { live, probe, managed } = snapshot;
  const pid = live.server?.pid ?? null;
  const details = pid === null ? undefined : await inspectProcess(pid).catch(() => undefined);
  return {
    rig: live.rig,
    state: live.state,
    managed,
    reachable: probe?.reachable ?? false,
    identity: await identityOf(snapshot),
    pid,
    host: live.host,
    port: live.port || null,
    remotesapi_port: live.remotesapiPort,
    database: live.rig,
    version: probe?.version ?? (live.server ? live.version : null),
    started_at: live.server ? live.startedAt : null,
    uptime_seconds:
      live.server && live.startedAt ? Math.max(0, Math.round((Date.now() - Date.parse(live.startedAt)) / 1000)) : null,
    restarts: live.restarts,
    latency_ms: probe?.latencyMs ?? null,
    connections: probe?.connections ?? null,
    disk_bytes: directoryBytes(paths.rig(live.rig)),
    memory_bytes: details?.memoryBytes ?? null,
    log_file: paths.log(live.rig),
    last_error: live.lastError ?? (live.state === 'running' ? (probe?.error ?? null) : null),
  };
}

/**
 * A server that gt started must answer with the token of that start; one that does not answer, frozen
 * or still starting, is known by its process. One started by hand was verified by its process:
 * program, arguments and directory.
 */
async function identityOf({ live, probe, managed }: RigSnapshot): Promise<RigStatus['identity']> {
  if (!live.server) return live.state === 'foreign' ? 'mismatch' : 'unknown';
  // Recorded, and does not look like what was recorded.
  if (live.state === 'foreign') return 'unknown';
  if (!managed) return probe?.identity === 'mismatch' ? 'mismatch' : 'verified';
  if (probe?.reachable) return probe.identity;
  return (await verifyServer(live.server)).result === 'verified' ? 'verified' : 'unknown';
}

/** The state of a rig whose server does not run, as far as its state file and gt.yaml know. */
export async function stoppedSnapshot(paths: TownPaths, rig: string): Promise<RigSnapshot> {
  const live = await readLiveState(paths, rig);
  // While gt.yaml is invalid, what was.
  const config = await readTownConfig(paths.config).catch(() => undefined);
  const settings = config?.rigs.find((one) => one.name === rig);
  const stopped: LiveState = {
    rig,
    // Only a supervisor that lives can start, stop or restart it.
    state: live?.state === 'failed' ? 'failed' : 'stopped',
    server: null,
    host: settings?.host ?? live?.host ?? '127.0.0.1',
    port: settings?.port ?? live?.port ?? 0,
    remotesapiPort: (config ? settings?.remotesapiPort : live?.remotesapiPort) ?? null,
    version: null,
    startedAt: null,
    restarts: live?.restarts ?? 0,
    lastError: unwatched(live?.state) ? UNWATCHED : (live?.lastError ?? null),
  };
  return { live: stopped, probe: null, managed: true };
}

const UNWATCHED = 'its server ended while no supervisor ran; gt dolt start starts it again';

/** Whether the rig would be kept up if a supervisor ran. */
function unwatched(state: RigState | undefined): boolean {
  return state === 'running' || state === 'starting' || state === 'backoff';
}
