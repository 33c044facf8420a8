import { AppError, messageOf } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { type MergeConflict, MergeConflictError } from '../history/merge-conflict.ts';
import type { Side } from '../history/merge-rules.ts';
import { keepInbox, takeInbox } from './inbox.ts';
import { noteSync } from './last-sync.ts';
import { type MeetOptions, meetPeer } from './meet.ts';
import { listPeers, type Peer, requirePeer, type TownDatabase } from './peers.ts';
import { headOf, type SyncStep, syncPeer } from './sync-peer.ts';

export interface SyncOptions extends MeetOptions {
  /** Names of peers; none is all. */
  readonly peers: readonly string[];
  /** The side that wins where both changed the same. */
  readonly strategy?: Side | undefined;
  /** The side that wins in one issue, see MergeOptions.choices. */
  readonly choices?: ReadonlyMap<string, Side> | undefined;
  /** Is told what is done, as it is done. */
  readonly onStep?: ((peer: string, step: SyncStep | { readonly step: 'begun' }) => void) | undefined;
  readonly onFailure?: ((peer: string, error: AppError) => void) | undefined;
}

/** What became of the sync with one peer. */
export interface SyncResult {
  readonly peer: Peer;
  readonly startedAt: Date;
  endedAt: Date;
  /** Whether both are at the same commit. */
  inSync: boolean;
  fetched: boolean;
  merged: boolean;
  pushed: boolean;
  pulledCommits: number;
  pushedCommits: number;
  /** With a strategy those that it decided; without one those that stopped the sync. */
  conflicts: readonly MergeConflict[];
  resolved: number;
  head: string | undefined;
  /** Whether it is in the peer's inbox only, until the peer's own next sync. */
  delivered: boolean;
  error: AppError | undefined;
}

// A peer that was synced first lacks what came from the later ones.
const PASSES = 3;

/**
 * Syncs with peers, one after the other; what stops one does not stop the others.
 *
 * @returns one result for each peer; all is well when each is `inSync`. None for a town without peers
 *   whose inbox was taken over
 * @throws AppError NOT_FOUND for an unknown peer or when there is none, READ_ONLY, NOT_INITIALIZED
 * @example const results = await syncPeers(beads, { peers: [], findDolt });
 */
export async function syncPeers(beads: Beads, options: SyncOptions): Promise<SyncResult[]> {
  // A name that is wrong is told before anything is done.
  if (options.peers.length > 0) await choosePeers(beads, options.peers);
  await keepInbox(beads);
  const hasInbox = await takeInbox(beads, options);
  // A town that others push to may have no peers of its own.
  if (hasInbox && options.peers.length === 0 && (await listPeers(beads)).length === 0) return [];
  const peers = await choosePeers(beads, options.peers);
  const results = new Map<string, SyncResult>();
  let waiting = peers;
  for (let pass = 1; pass <= PASSES && waiting.length > 0; pass += 1) {
    for (const peer of waiting) {
      const result = results.get(peer.name) ?? newResult(peer);
      results.set(peer.name, result);
      await syncOnce(beads, result, options);
    }
    const head = await headOf(beads.db);
    for (const result of results.values()) result.inSync = result.error === undefined && result.head === head;
    waiting = peers.filter(({ name }) => results.get(name)?.error === undefined && !results.get(name)?.inSync);
  }
  return [...results.values()];
}

/** The peers of these names, or all. @throws AppError NOT_FOUND */
export async function choosePeers(beads: TownDatabase, names: readonly string[]): Promise<Peer[]> {
  if (names.length > 0) return Promise.all([...new Set(names)].map((name) => requirePeer(beads, name)));
  const all = await listPeers(beads);
  if (all.length > 0) return all;
  throw new AppError('NOT_FOUND', "no federation peers configured (use 'bd federation add-peer' to add peers)");
}

async function syncOnce(beads: Beads, result: SyncResult, options: SyncOptions): Promise<void> {
  const { peer } = result;
  options.onStep?.(peer.name, { step: 'begun' });
  try {
    const done = await meetPeer(beads, peer, options, (meeting) =>
      syncPeer(beads, meeting, {
        strategy: options.strategy,
        choices: options.choices,
        onStep: (step) => {
          result.fetched ||= step.step === 'fetched';
          result.merged ||= step.step === 'merged';
          result.pushed ||= step.step === 'pushed';
          options.onStep?.(peer.name, step);
        },
      }),
    );
    result.head = done.head;
    result.delivered = done.delivered;
    result.pulledCommits += done.pulled;
    result.pushedCommits += done.pushed;
    result.resolved += done.resolved.length;
    result.conflicts = [...result.conflicts, ...done.resolved];
    await noteSync(beads, peer.name);
  } catch (error) {
    result.error = error instanceof AppError ? error : new AppError('INTERNAL', messageOf(error), { cause: error });
    if (error instanceof MergeConflictError) {
      result.conflicts = error.conflicts;
      const hint = `issue by issue: bd federation resolve ${peer.name}; or all of them: --strategy ours (this database) or theirs (the peer)`;
      result.error = new MergeConflictError(error.conflicts, undefined, hint);
    }
    options.onFailure?.(peer.name, result.error);
  }
  result.endedAt = beads.now();
}

function newResult(peer: Peer): SyncResult {
  const now = new Date();
  return {
    ...{ peer, startedAt: now, endedAt: now, inSync: false, fetched: false, merged: false, pushed: false },
    ...{
      pulledCommits: 0,
      pushedCommits: 0,
      conflicts: [],
      resolved: 0,
      head: undefined,
      delivered: false,
      error: undefined,
    },
  };
}
