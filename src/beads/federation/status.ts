import { AppError, messageOf } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { commitAll, readDirtyTables } from '../history/commit.ts';
import type { MergeConflict } from '../history/merge-conflict.ts';
import { lastSync } from './last-sync.ts';
import { type MeetOptions, meetPeer } from './meet.ts';
import { lookAhead, type Outlook } from './outlook.ts';
import { type Peer, requirePeer, type TownDatabase } from './peers.ts';
import { choosePeers } from './sync.ts';

export interface PeerStatus {
  readonly peer: Peer;
  readonly reachable: boolean;
  /** Whether the peer let us in; false also when that is not known. */
  readonly authenticated: boolean;
  /** RFC 3339; undefined when this clone never did, or does not know. */
  readonly lastSync: string | undefined;
  readonly outlook: Outlook | undefined;
  readonly error: AppError | undefined;
}

export interface FederationStatus {
  readonly peers: readonly PeerStatus[];
  /** Tables with changes that a sync would commit first. */
  readonly uncommitted: readonly string[];
}

/**
 * Asks all peers at the same time how they are.
 *
 * @param options.peers names; none is all
 * @param options.timeoutMs how long each may take
 * @throws AppError NOT_FOUND for an unknown peer or when there is none
 */
export async function federationStatus(
  beads: TownDatabase,
  options: MeetOptions & { readonly peers: readonly string[]; readonly timeoutMs: number },
): Promise<FederationStatus> {
  const peers = await choosePeers(beads, options.peers);
  const uncommitted = await readDirtyTables(beads.db);
  return {
    peers: await Promise.all(peers.map((peer) => peerStatus(beads, peer, options))),
    uncommitted,
  };
}

async function peerStatus(beads: TownDatabase, peer: Peer, options: MeetOptions): Promise<PeerStatus> {
  const last = await lastSync(beads, peer.name);
  try {
    const outlook = await meetPeer(beads, peer, options, (meeting) => lookAhead(beads, meeting));
    return { peer, reachable: true, authenticated: true, lastSync: last, outlook, error: undefined };
  } catch (thrown) {
    const error = thrown instanceof AppError ? thrown : new AppError('INTERNAL', messageOf(thrown), { cause: thrown });
    const letIn = error.code === 'IDENTITY_MISMATCH' || error.code === 'SCHEMA_UNSUPPORTED';
    const answered = letIn || /desc = (?:API|database not found)/.test(error.message);
    return { peer, reachable: answered, authenticated: letIn, lastSync: last, outlook: undefined, error };
  }
}

/** The conflicts that a sync with a peer would stop at. @throws AppError as `syncPeer` does */
export async function foreseenConflicts(
  beads: Beads,
  name: string,
  options: MeetOptions,
): Promise<readonly MergeConflict[]> {
  await commitAll(beads, `bd: commit before federation sync by ${beads.actor}`);
  const peer = await requirePeer(beads, name);
  return (await meetPeer(beads, peer, options, (meeting) => lookAhead(beads, meeting))).conflicts;
}
