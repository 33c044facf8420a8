import type { ClusterStatus } from '../supervisor/standby/cluster-role.ts';
import { formatDuration } from '../util/duration.ts';

/** The text of the `gt dolt standby` commands that ask or change a role. */
export function renderCluster({ rig, role, epoch, ack_timeout_seconds, peers }: ClusterStatus): string {
  const waits = ack_timeout_seconds > 0 ? `waits ${ack_timeout_seconds}s at most for a standby` : 'waits for nobody';
  const lines = [`rig "${rig}" is the ${role}, epoch ${epoch}; a COMMIT ${waits}`];
  if (role !== 'primary') return lines.join('\n');
  for (const { name, lag_ms, error } of peers) {
    const state = error ?? (lag_ms === null ? 'not reached yet' : `${formatDuration(lag_ms)} behind`);
    lines.push(`  ${name}  ${state}`);
  }
  return lines.join('\n');
}
