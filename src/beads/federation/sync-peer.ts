import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { commitAll } from '../history/commit.ts';
import { mergeRevision } from '../history/merge.ts';
import type { MergeConflict } from '../history/merge-conflict.ts';
import type { Side } from '../history/merge-rules.ts';
import { readSchemaState } from '../schema/level.ts';
import { type Exchange, INBOX, type PeerTips, type Pushed } from './exchange.ts';
import type { Meeting } from './meet.ts';
import { readPeerState, requireSameProject } from './peer-state.ts';

/** A step that was done, for those who watch. */
export type SyncStep =
  | { readonly step: 'fetched'; readonly empty: boolean }
  | { readonly step: 'merged'; readonly commits: number }
  | { readonly step: 'resolved'; readonly conflicts: number }
  | { readonly step: 'pushed'; readonly commits: number }
  | { readonly step: 'verified' | 'delivered'; readonly head: string };

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
  /** The peer has it in its inbox, and takes it over with its own next sync. */
  delivered: boolean;
}

// Others may push to the peer between our fetch and our push, again and again.
const ROUNDS = 7;
// Two towns that sync with each other at once would else merge each other's merges in step. In ms.
const PAUSE_MS = 250;

/**
 * Makes a peer and this database the same: fetch, verify, merge, push, and compare both heads.
 *
 * @throws MergeConflictError when both changed the same and there is no strategy: nothing was changed
 * @throws AppError IDENTITY_MISMATCH, SCHEMA_UNSUPPORTED, ACCESS_DENIED, REMOTE_UNREACHABLE, …
 */
export async function syncPeer(beads: Beads, meeting: Meeting, options: PeerSyncOptions): Promise<PeerSync> {
  const { peer, branch, exchange, relay } = meeting;
  const { onStep } = options;
  const done: PeerSync = { pulled: 0, pushed: 0, resolved: [], head: '', delivered: false };
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (round > 1) await delay(Math.random() * PAUSE_MS * round);
    const tips = await exchange.fetch();
    if (round === 1) onStep({ step: 'fetched', empty: tips === undefined });
    const unused = tips !== undefined && (await checkPeer(beads, exchange, peer.name, tips));
    await commitAll(beads, `bd: commit before federation sync by ${beads.actor}`);
    if (tips && !unused) {
      const onto = tips.inbox ? INBOX : branch;
      await mergeTheirs(beads, meeting, { commit: tips.head, branch, onto }, options, done);
      if (tips.inbox)
        await mergeTheirs(beads, meeting, { commit: tips.inbox, branch: INBOX, onto: INBOX }, options, done);
    }
    const ours = await headOf(beads.db);
    if (isAt(tips, ours)) return verified(done, tips, ours, onStep);
    if ((await exchange.taken()) !== ours) {
      await relay.give();
      await exchange.take();
    }
    const pushed = await (unused ? exchange.pushFirst() : exchange.push(tips?.inbox ? INBOX : branch));
    if (pushed === 'moved') continue;
    // While others push to it, a peer looks for a moment as if somebody had changed it.
    if (pushed === 'dirty' && round < ROUNDS && (await exchange.fetch())?.head !== tips?.head) continue;
    requirePushed(pushed, peer.name);
    const commits = await countCommits(beads.db, unused ? undefined : (tips?.inbox ?? tips?.head), ours);
    done.pushed += commits;
    onStep({ step: 'pushed', commits });
    const now = await exchange.fetch();
    const own = await headOf(beads.db);
    if (isAt(now, own)) return verified(done, now, own, onStep);
  }
  throw new AppError('CONFLICT', `the peer ${peer.name} or this database changed each time while they were synced`, {
    hint: 'run the command again',
  });
}

function isAt(tips: PeerTips | undefined, head: string): boolean {
  return tips?.head === head || tips?.inbox === head;
}

function verified(
  done: PeerSync,
  tips: PeerTips | undefined,
  head: string,
  onStep: PeerSyncOptions['onStep'],
): PeerSync {
  const delivered = tips?.head !== head;
  onStep(delivered ? { step: 'delivered', head } : { step: 'verified', head });
  return { ...done, head, delivered };
}

/** @returns whether it is a database that nobody used */
async function checkPeer(beads: Beads, exchange: Exchange, name: string, tips: PeerTips): Promise<boolean> {
  const clone = await exchange.open();
  const state = await readPeerState(clone, tips.head);
  if (state.unused) return true;
  const { projectId } = await readSchemaState(beads.db);
  requireSameProject(name, state, projectId);
  if (tips.inbox) requireSameProject(name, await readPeerState(clone, tips.inbox), projectId);
  return false;
}

async function mergeTheirs(
  beads: Beads,
  { peer, exchange, relay }: Meeting,
  { commit, branch, onto }: { commit: string; branch: string; onto: string },
  { strategy, choices, onStep }: PeerSyncOptions,
  done: PeerSync,
): Promise<void> {
  const before = await headOf(beads.db);
  if (before === commit) return;
  await exchange.offer(commit);
  const message = `bd: merge ${peer.name}/${branch} by ${beads.actor}`;
  const [received, ahead] = await Promise.allSettled([
    relay.receive(branch),
    mergeAhead(beads, exchange, before, { revision: commit, message, onto }),
  ]);
  for (const part of [received, ahead]) if (part.status === 'rejected') throw part.reason;
  const merge = ahead.status === 'fulfilled' ? ahead.value : undefined;
  if (merge !== undefined) {
    await exchange.offer(merge);
    await relay.receive(branch);
  }
  const revision = merge ?? commit;
  const { outcome, resolved } = await mergeRevision(beads, { revision, strategy, choices, message });
  if (outcome === 'up-to-date') return;
  const commits = await countCommits(beads.db, before, commit);
  done.pulled += commits;
  done.resolved.push(...resolved);
  onStep({ step: 'merged', commits });
  if (resolved.length > 0) onStep({ step: 'resolved', conflicts: resolved.length });
}

/**
 * The first time, what a peer has takes long to get into our database. Meanwhile the clone, which has
 * it already, makes the merge and pushes it, and then our database has but to move on. What becomes of
 * that push shows when it is done again, as after every merge.
 *
 * @returns the merge; undefined where it is for our database to make, and to tell or solve conflicts
 */
async function mergeAhead(
  beads: Beads,
  exchange: Exchange,
  ours: string,
  { revision, message, onto }: { revision: string; message: string; onto: string },
): Promise<string | undefined> {
  if (!exchange.isNew || (await exchange.taken()) !== ours) return undefined;
  try {
    const { outcome, hash } = await mergeRevision({ ...beads, db: await exchange.open() }, { revision, message });
    if (outcome !== 'merged') return undefined;
    await exchange.push(onto).catch(() => undefined);
    return hash;
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFLICT') return undefined;
    throw error;
  }
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
