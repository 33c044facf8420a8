import type { Database, Queryable } from '../../database/types.ts';
import { foreseeConflicts } from '../history/merge.ts';
import type { MergeConflict } from '../history/merge-conflict.ts';
import { conflictsOfAll } from '../history/uncommitted-conflicts.ts';
import { readSchemaState } from '../schema/level.ts';
import type { PeerTips } from './exchange.ts';
import type { Meeting } from './meet.ts';
import { readPeerState, requireSameProject } from './peer-state.ts';
import type { TownDatabase } from './peers.ts';
import { countCommits, headOf } from './sync-peer.ts';

/** What one side has that the other lacks. */
export interface Lead {
  readonly commits: number;
  readonly issues: number;
}

/** How a peer and this database stand to each other, and what a sync would meet. */
export interface Outlook {
  /** The peer's head; undefined while it holds nothing. */
  readonly head: string | undefined;
  readonly ahead: Lead;
  readonly behind: Lead;
  /** Fields that both changed: a sync without a strategy stops at them. */
  readonly conflicts: readonly MergeConflict[];
  /** How long the peer took to answer, in ms. */
  readonly latencyMs: number;
}

/**
 * Looks what a sync with a peer would do. Neither database is changed; the merge is tried in the
 * clone. What is not committed counts for the conflicts only.
 *
 * @throws AppError as `syncPeer` does
 */
export async function lookAhead(beads: TownDatabase, { peer, exchange, relay }: Meeting): Promise<Outlook> {
  const clone = await exchange.open();
  const taken = await exchange.taken();
  const started = performance.now();
  const tips = await exchange.fetch();
  const latencyMs = Math.round(performance.now() - started);
  if (taken !== (await headOf(beads.db))) {
    await relay.give();
    await exchange.take();
  }
  const theirs = tips && (await newerOf(clone, tips));
  const state = theirs === undefined ? undefined : await readPeerState(clone, theirs);
  if (theirs === undefined || state === undefined || state.unused) {
    const ahead = { commits: await countCommits(clone, undefined, 'ours'), issues: await countIssues(clone) };
    return { head: theirs, ahead, behind: { commits: 0, issues: 0 }, conflicts: [], latencyMs };
  }
  requireSameProject(peer.name, state, (await readSchemaState(beads.db)).projectId);
  const [row] = await clone.query("SELECT DOLT_HASHOF('ours') AS ours, DOLT_MERGE_BASE('ours', ?) AS base", [theirs]);
  const [ours, base] = [String(row?.['ours']), String(row?.['base'])];
  return {
    head: theirs,
    ahead: await leadOf(clone, base, ours, theirs),
    behind: await leadOf(clone, base, theirs, ours),
    conflicts: await conflictsOfAll({ ours: beads.db, clone, base, theirs }, await foreseeConflicts(clone, theirs)),
    latencyMs,
  };
}

/** What the peer will be at once it took its inbox over, unless it went on meanwhile. */
async function newerOf(clone: Database, { head, inbox }: PeerTips): Promise<string> {
  if (inbox === undefined) return head;
  const [row] = await clone.query('SELECT DOLT_MERGE_BASE(?, ?) AS base', [head, inbox]);
  return row?.['base'] === head ? inbox : head;
}

async function leadOf(clone: Database, base: string, head: string, other: string): Promise<Lead> {
  const [row] = await clone.query(
    "SELECT COUNT(DISTINCT COALESCE(to_id, from_id)) AS issues FROM DOLT_DIFF(?, ?, 'issues')",
    [base, head],
  );
  return { commits: await countCommits(clone, other, head), issues: Number(row?.['issues'] ?? 0) };
}

async function countIssues(db: Queryable): Promise<number> {
  const [row] = await db.query('SELECT COUNT(*) AS issues FROM issues');
  return Number(row?.['issues'] ?? 0);
}
