import type { SyncResult } from '../../beads/federation/sync.ts';
import type { SyncStep } from '../../beads/federation/sync-peer.ts';
import { shortHash } from '../../beads/history/revision.ts';
import type { Paint } from '../style.ts';

/** One line for a step of a sync. */
export function renderStep(peer: string, step: SyncStep | { readonly step: 'begun' }, paint: Paint): string {
  const done = `  ${paint('green', '✓')}`;
  switch (step.step) {
    case 'begun':
      return `🔄 Syncing with ${peer}...`;
    case 'fetched':
      return step.empty ? `${done} Fetched (the peer is empty)` : `${done} Fetched`;
    case 'merged':
      return `${done} Merged (${step.commits} commits)`;
    case 'resolved':
      return `${done} Resolved ${step.conflicts} conflicts`;
    case 'pushed':
      return `${done} Pushed (${step.commits} commits)`;
    case 'delivered':
      return `${done} Delivered to its inbox at ${shortHash(step.head)}: its own next sync takes it over`;
    case 'verified':
      return `${done} In sync at ${shortHash(step.head)}`;
  }
}

/** The last line of a sync with several peers. */
export function renderSyncEnd(results: readonly SyncResult[], paint: Paint): string {
  if (results.length === 0) return `${paint('green', '✓')} No peers here; the inbox was taken over`;
  if (results.length === 1) return '';
  const inSync = results.filter((result) => result.inSync);
  const lag = results.filter((result) => !result.inSync).map(({ peer }) => peer.name);
  if (lag.length === 0) return `${paint('green', '✓')} ${inSync.length} peers in sync`;
  return `${paint('red', '✗')} ${inSync.length} of ${results.length} peers in sync; not: ${lag.join(', ')}`;
}

/** What `--json` tells of a sync: the keys of the Go `bd`, with words for errors. */
export function syncDocument(results: readonly SyncResult[]): object {
  return {
    peers: results.map(({ peer }) => peer.name),
    in_sync: results.every((result) => result.inSync),
    results: results.map((result) => ({
      Peer: result.peer.name,
      StartTime: result.startedAt.toISOString(),
      EndTime: result.endedAt.toISOString(),
      Fetched: result.fetched,
      Merged: result.merged,
      Pushed: result.pushed,
      PulledCommits: result.pulledCommits,
      PushedCommits: result.pushedCommits,
      Conflicts: result.conflicts,
      ConflictsResolved: result.resolved > 0,
      Resolved: result.resolved,
      InSync: result.inSync,
      Delivered: result.delivered,
      Head: result.head ?? null,
      Error: result.error?.message ?? null,
      Code: result.error?.code ?? null,
      Hint: result.error?.hint ?? null,
      PushError: null,
    })),
  };
}
