import { probeServer } from '../dolt/server-probe.ts';
import { verifyServer } from '../dolt/server-process.ts';
import { localAddress } from '../town/address.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { rootPasswords } from '../town/secrets.ts';
import { isListening } from '../util/is-listening.ts';
import type { RigSnapshot } from './protocol.ts';
import { describeHolder } from './start-conflicts.ts';

const PROBE_TIMEOUT_MS = 2_000;

/**
 * What of a rig no state tells: what a server that nobody watches says over SQL, whether a process
 * that is recorded is still what was recorded, and whether somebody else holds the port of a rig that
 * does not run. `status`, `start` and `stop` tell all of it alike.
 *
 * @param password of root, as given; empty for none
 */
export async function lookedAt(paths: TownPaths, snapshot: RigSnapshot, password: string): Promise<RigSnapshot> {
  const { live, probe, managed } = snapshot;
  if (live.server) {
    if (probe || live.state === 'stopping') return snapshot;
    if (!managed) return probed(snapshot, rootPasswords(paths, live.rig, password));
    const verdict = await verifyServer(live.server);
    return verdict.result === 'unknown' ? unverified(snapshot, verdict.why) : snapshot;
  }
  const idle = live.state === 'stopped' || live.state === 'failed';
  if (!idle || !live.port || !(await isListening(localAddress(live.host), live.port, PROBE_TIMEOUT_MS)))
    return snapshot;
  const lastError = `port ${live.port} is held by ${await describeHolder(live.port)}`;
  return { ...snapshot, managed: false, live: { ...live, state: 'foreign', lastError } };
}

/** The recorded process lives, and does not look like what was recorded. */
export function unverified({ live }: RigSnapshot, why: string): RigSnapshot {
  const lastError = `its server cannot be verified: ${why}`;
  return { live: { ...live, state: 'foreign', lastError }, probe: null, managed: false };
}

/** With the server's answer over SQL, where it has not been asked yet. */
export async function probed(snapshot: RigSnapshot, passwords: readonly string[]): Promise<RigSnapshot> {
  const { live } = snapshot;
  if (snapshot.probe || !live.server) return snapshot;
  const probe = await probeServer({
    host: localAddress(live.host),
    port: live.port,
    tls: live.tls,
    database: live.rig,
    token: live.server.token || undefined,
    passwords,
    timeoutMs: PROBE_TIMEOUT_MS,
  });
  return { ...snapshot, probe };
}
