import type { Lead } from '../../beads/federation/outlook.ts';
import type { FederationStatus, PeerStatus } from '../../beads/federation/status.ts';
import type { Paint } from '../style.ts';
import { oneLine } from './marks.ts';
import { renderConflicts } from './vc-merge.ts';

export function renderStatus({ peers, uncommitted }: FederationStatus, paint: Paint): string {
  const lines = ['🌐 Federation Status:'];
  for (const status of peers) lines.push('', ...renderPeer(status, paint));
  if (uncommitted.length > 0)
    lines.push('', `Uncommitted changes in ${uncommitted.join(', ')}: sync commits them first`);
  return lines.join('\n');
}

function renderPeer({ peer, reachable, authenticated, lastSync, outlook, error }: PeerStatus, paint: Paint): string[] {
  const lines = [`  ${paint('bold', oneLine(peer.name))}  ${oneLine(peer.url)}`];
  const [yes, no] = [paint('green', '✓'), paint('red', '✗')];
  if (outlook) lines.push(`    ${yes} Reachable (${outlook.latencyMs} ms)`);
  else if (authenticated) lines.push(`    ${yes} Reachable`, `    ${no} Refused: ${error?.message}`);
  else lines.push(`    ${no} ${reachable ? 'Not let in' : 'Unreachable'}: ${error?.message}`);
  if (error?.hint) lines.push(`      ${paint('dim', 'Hint:')} ${error.hint}`);
  if (outlook) lines.push(`    Sync:   ${renderLeads(outlook.ahead, outlook.behind)}`);
  lines.push(`    Last:   ${lastSync ?? 'never'}`);
  if (outlook && outlook.conflicts.length > 0) {
    lines.push(`    ${no} Conflicts foreseen:`, ...renderConflicts(outlook.conflicts, paint).split('\n').map(indented));
  }
  return lines;
}

/** `2 ahead (3 issues), 1 behind (1 issue)`. */
export function renderLeads(ahead: Lead, behind: Lead): string {
  if (ahead.commits === 0 && behind.commits === 0) return 'in sync';
  return `${renderLead(ahead, 'ahead')}, ${renderLead(behind, 'behind')}`;
}

function renderLead({ commits, issues }: Lead, word: string): string {
  return commits === 0 ? `0 ${word}` : `${commits} ${word} (${issues} issue${issues === 1 ? '' : 's'})`;
}

function indented(line: string): string {
  return `      ${line}`;
}

/** What `--json` tells: the keys of the Go `bd`, and more. */
export function statusDocument({ peers, uncommitted }: FederationStatus): object {
  return {
    peers: peers.map(({ peer, reachable, authenticated, lastSync, outlook, error }) => ({
      Status: {
        Peer: peer.name,
        LastSync: lastSync ?? null,
        LocalAhead: outlook?.ahead.commits ?? -1,
        LocalBehind: outlook?.behind.commits ?? -1,
        IssuesAhead: outlook?.ahead.issues ?? -1,
        IssuesBehind: outlook?.behind.issues ?? -1,
        HasConflicts: (outlook?.conflicts.length ?? 0) > 0,
        Conflicts: outlook?.conflicts ?? [],
      },
      URL: peer.url,
      Reachable: reachable,
      Authenticated: authenticated,
      LatencyMs: outlook?.latencyMs ?? null,
      ReachError: error?.message ?? '',
      Code: error?.code ?? null,
      Hint: error?.hint ?? null,
    })),
    pendingChanges: uncommitted.length,
  };
}
