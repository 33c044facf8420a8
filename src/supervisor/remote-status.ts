import { probeServer } from '../dolt/server-probe.ts';
import { elsewhereHint } from '../dolt/sql-results.ts';
import { AppError } from '../errors.ts';
import { serverPassword } from '../town/credentials.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { RemoteRig } from '../town/remote-rigs.ts';
import type { RigLogin } from './rig-login.ts';
import type { RigStatus } from './rig-status.ts';

/** Further away than the servers of this machine. */
const PROBE_TIMEOUT_MS = 5_000;

/** What the server of a rig on another machine says of itself; what only its machine knows is null. */
export async function remoteStatus(paths: TownPaths, rig: RemoteRig, env: NodeJS.ProcessEnv): Promise<RigStatus> {
  const { host, port, tls, user, password } = remoteLogin(rig, env);
  const target = { host, port, tls, user, database: rig.name, token: undefined, passwords: [password] };
  const probe = await probeServer({ ...target, timeoutMs: PROBE_TIMEOUT_MS });
  return {
    ...{ rig: rig.name, database: rig.name, host, port, managed: false, restarts: 0 },
    state: probe.reachable ? 'running' : 'stopped',
    reachable: probe.reachable,
    identity: probe.identity,
    version: probe.version,
    latency_ms: probe.latencyMs,
    connections: probe.connections,
    last_error: probe.error,
    ...{ pid: null, remotesapi_port: null, started_at: null, uptime_seconds: null, disk_bytes: null },
    ...{ memory_bytes: null, log_file: paths.log(rig.name) },
  };
}

/** How this user logs in to it. */
export function remoteLogin(rig: RemoteRig, env: NodeJS.ProcessEnv): RigLogin {
  const { name, host, port, tls, ca } = rig;
  return {
    ...{ host, port, database: name, elsewhere: true as const },
    user: env['BEADS_DOLT_SERVER_USER'] || rig.user,
    password: serverPassword({ host, port }, env) ?? '',
    tls: tls ? { ca: ca ?? null, name: host } : null,
  };
}

/** @throws AppError SERVER_UNREACHABLE */
export function requireReachable({ rig, host, port, reachable, last_error }: RigStatus): void {
  if (reachable) return;
  throw new AppError('SERVER_UNREACHABLE', `no answer from rig "${rig}" at ${host}:${port}: ${last_error}`, {
    hint: elsewhereHint(host),
  });
}
