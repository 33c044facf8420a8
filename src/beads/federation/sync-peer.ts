import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { commitAll } from '../history/commit.ts';
import { mergeRevision } from '../history/merge.ts';
import type { MergeConflict } from '../history/merge-conflict.ts';
import type { Side } from '../history/merge-rules.ts';
import { readSchemaState } from '../schema/level.ts';
import type { Exchange, Pushed } from './exchange.ts';
import type { Meeting } from './meet.ts';
import { readPeerState, requireSameProject } from './peer-state.ts';

/** A step that was done, for those who watch. */
export type SyncStep =
  | { readonly step: 'fetched'; readonly empty: boolean }
  | { readonly step: 'merged'; readonly commits: number }
  | { readonly step: 'resolved'; readonly conflicts: number }
  | { readonly step: 'pushed'; readonly commits: number }
  | { readonly step: 'verified'; readonly head: string };

export interface PeerSyncOptions {
  readonly strategy: Side | undefined;
  /** See MergeOptions.choices. */
  readonly choices?: ReadonlyMap<string, Side> | undefined;
  readonly onStep: (step: SyncStep) => void;
}

/** What a sync with one peer did. */
export interface PeerSync {
  pulled: number;
  pushed: number;
  resolved: MergeConflict[];
  /** The commit that both are at. */
  head: string;
}

// Others may push to the peer between our fetch and our push, again and again.
const ROUNDS = 5;

/**
 * Makes a peer and this database the same: fetch, verify, merge, push, and compare both heads.
 *
 * @throws MergeConflictError when both changed the same and there is no strategy: nothing was changed
 * @throws AppError IDENTITY_MISMATCH, SCHEMA_UNSUPPORTED, ACCESS_DENIED, REMOTE_UNREACHABLE, …
 */
export async function syncPeer(beads: Beads, meeting: Meeting, options: PeerSyncOptions): Promise<PeerSync> {
  const { peer, exchange, relay } = meeting;
  const { onStep } = options;
  const done: PeerSync = { pulled: 0, pushed: 0, resolved: [], head: '' };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const theirs = await exchange.fetch();
    if (round === 1) onStep({ step: 'fetched', empty: theirs === undefined });
    const unused = theirs === undefined || (await checkPeer(beads, exchange, peer.name, theirs));
    await commitAll(beads, `bd: commit before federation sync by ${beads.actor}`);
    if (theirs !== undefined && !unused) await mergeTheirs(beads, meeting, theirs, options, done);
    const ours = await headOf(beads.db);
    if (ours !== theirs) {
      await relay.give();
      await exchange.take();
      const pushed = await exchange.push(theirs !== undefined && unused);
      if (pushed === 'moved') continue;
      requirePushed(pushed, peer.name);
      const commits = await countCommits(beads.db, unused ? undefined : theirs, ours);
      done.pushed += commits;
      onStep({ step: 'pushed', commits });
    }
    const now = ours === theirs ? theirs : await exchange.fetch();
    const own = await headOf(beads.db);
    if (now === own) {
      onStep({ step: 'verified', head: own });
      return { ...done, head: own };
    }
  }
  throw new AppError('CONFLICT', `the peer ${peer.name} or this database changed each time while they were synced`, {
    hint: 'run the command again',
  });
}

/** @returns whether it is a database that nobody used */
async function checkPeer(beads: Beads, exchange: Exchange, name: string, head: string): Promise<boolean> {
  const clone = await exchange.open();
  try {
    const state = await readPeerState(clone, head);
    if (!state.unused) requireSameProject(name, state, (await readSchemaState(beads.db)).projectId);
    return state.unused;
  } finally {
    await clone.close();
  }
}

async function mergeTheirs(
  beads: Beads,
  { peer, branch, exchange, relay }: Meeting,
  theirs: string,
  { strategy, choices, onStep }: PeerSyncOptions,
  done: PeerSync,
): Promise<void> {
  await exchange.offer();
  await relay.receive();
  const before = await headOf(beads.db);
  const message = `bd: merge ${peer.name}/${branch} by ${beads.actor}`;
  const { outcome, resolved } = await mergeRevision(beads, { revision: theirs, strategy, choices, message });
  if (outcome === 'up-to-date') return;
  const commits = await countCommits(beads.db, before, theirs);
  done.pulled += commits;
  done.resolved.push(...resolved);
  onStep({ step: 'merged', commits });
  if (resolved.length > 0) onStep({ step: 'resolved', conflicts: resolved.length });
}

export async function headOf(db: Queryable): Promise<string> {
  const [row] = await db.query("SELECT DOLT_HASHOF('HEAD') AS head");
  return String(row?.['head']);
}

/** How many commits `to` has that `from` lacks. */
export async function countCommits(db: Queryable, from: string | undefined, to: string): Promise<number> {
  const range = from === undefined ? to : `${from}..${to}`;
  const [row] = await db.query('SELECT COUNT(*) AS commits FROM DOLT_LOG(?)', [range]);
  return Number(row?.['commits'] ?? 0);
}

function requirePushed(pushed: Pushed, name: string): void {
  if (pushed !== 'dirty') return;
  throw new AppError('CONFLICT', `the peer ${name} has uncommitted changes, so nothing can be pushed to it`, {
    hint: 'over there: bd federation sync   or   bd vc commit -m "…"; what was merged here stays',
  });
}
