import type { Beads } from '../beads/beads.ts';
import { federationStatus } from '../beads/federation/status.ts';
import { type SyncOptions, type SyncResult, syncPeers } from '../beads/federation/sync.ts';
import { MergeConflictError } from '../beads/history/merge-conflict.ts';
import type { Side } from '../beads/history/merge-rules.ts';
import { AppError } from '../errors.ts';
import { errorText } from './base-command.ts';
import { progressLine } from './progress-line.ts';
import { renderStep, renderSyncEnd, syncDocument } from './render/federation.ts';
import { renderStatus, statusDocument } from './render/federation-status.ts';
import { renderConflicts } from './render/vc-merge.ts';
import { painter } from './style.ts';

/** Where a sync tells what it does; `say` is silent under `--json` and `--quiet`. */
export interface SyncOutput {
  readonly json: boolean;
  readonly quiet: boolean;
  say(text: string): void;
}

export type SyncRequest = Pick<SyncOptions, 'peers' | 'strategy' | 'timeoutMs' | 'findDolt'>;

/** What is printed with `--json`, and whether every peer is in sync. */
export interface SyncReport {
  readonly document: object;
  readonly inSync: boolean;
}

/** Syncs, and tells each step as it is done. */
export async function runSync(beads: Beads, request: SyncRequest, output: SyncOutput): Promise<SyncReport> {
  const paint = painter(process.stdout);
  const line = progressLine(process.stderr, output.quiet);
  const say = (text: string): void => {
    line.clear();
    if (text !== '') output.say(text);
  };
  const results: SyncResult[] = await syncPeers(beads, {
    ...request,
    onProgress: (text) => line.show(`  ${text}`),
    onStep: (peer, step) => say(renderStep(peer, step, paint)),
    onFailure: (_, error) => {
      if (error instanceof MergeConflictError) say(renderConflicts(error.conflicts, paint));
      if (!output.json) process.stderr.write(errorText(error, painter(process.stderr), '  ✗'));
    },
  }).catch((error: unknown) => {
    // Of this database's own inbox.
    if (error instanceof MergeConflictError) say(renderConflicts(error.conflicts, paint));
    throw error;
  });
  say(renderSyncEnd(results, paint));
  return { document: syncDocument(results), inSync: results.every((result) => result.inSync) };
}

/** Tells what a sync would do; `inSync` is whether it could be done. */
export async function previewSync(
  beads: Beads,
  { timeoutMs = 60_000, strategy, ...request }: SyncRequest,
  output: SyncOutput,
): Promise<SyncReport> {
  const status = await federationStatus(beads, { ...request, timeoutMs });
  const stops = status.peers.some(
    ({ error, outlook }) => error || (strategy === undefined && (outlook?.conflicts.length ?? 0) > 0),
  );
  output.say(renderStatus(status, painter(process.stdout)));
  return { document: { ...statusDocument(status), dry_run: true }, inSync: !stops };
}

/** @throws AppError VALIDATION */
export function readStrategy(value: string | undefined): Side | undefined {
  if (value === undefined || value === 'ours' || value === 'theirs') return value;
  throw new AppError('VALIDATION', `invalid strategy "${value}": must be 'ours' or 'theirs'`);
}
