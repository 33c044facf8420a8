import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TownPaths } from '../../town/data-dir.ts';
import { writeFileAtomic } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { isPid, liveness, type ProcessIdentity } from '../../util/process-identity.ts';

/** How a scheduled sync ended; one that was interrupted is made up for. */
export type SyncOutcome = 'in-sync' | 'failed' | 'interrupted';

/** `.gt/sync/<rig>.json`: kept over the end of the supervisor, and so is the schedule. Times are ISO. */
export interface SyncRecord {
  readonly running: (ProcessIdentity & { readonly since: string }) | null;
  readonly last: {
    readonly startedAt: string;
    readonly endedAt: string;
    readonly outcome: SyncOutcome;
    /** What it said of a failure. */
    readonly detail: string | null;
  } | null;
}

/** A file that is missing or damaged tells of no run. */
export async function readSyncRecord(paths: TownPaths, rig: string): Promise<SyncRecord> {
  try {
    const value: unknown = JSON.parse(await readFile(paths.syncRecord(rig), 'utf8'));
    if (isSyncRecord(value)) return value;
  } catch {}
  return { running: null, last: null };
}

export async function writeSyncRecord(paths: TownPaths, rig: string, record: SyncRecord): Promise<void> {
  await makeDirectory(dirname(paths.syncRecord(rig)));
  await writeFileAtomic(paths.syncRecord(rig), `${JSON.stringify(record, null, 2)}\n`);
}

/** Whether a run goes on: also one that a supervisor left which was killed. */
export async function isRunning({ running }: SyncRecord): Promise<boolean> {
  return running !== null && (await liveness(running)) === 'alive';
}

/**
 * Ends a run that a killed supervisor left, and what it started: it leads a process group.
 *
 * @returns whether there was one
 */
export async function endLeftRun(record: SyncRecord): Promise<boolean> {
  if (record.running === null || !(await isRunning(record))) return false;
  try {
    process.kill(-record.running.pid, 'SIGTERM');
  } catch {
    // It has just ended.
  }
  return true;
}

/**
 * When the next run is due, in ms. Runs that were missed are one run.
 *
 * @param now in ms; a last run after it tells that the clock was set back, and counts for nothing
 */
export function nextSync({ last }: SyncRecord, everyMs: number, now: number): number {
  if (!last || last.outcome === 'interrupted') return now;
  const ended = Date.parse(last.endedAt);
  return ended > now ? now : Math.max(now, ended + everyMs);
}

function isSyncRecord(value: unknown): value is SyncRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { running, last } = value as Partial<SyncRecord>;
  if (running === undefined || last === undefined) return false;
  if (running !== null && (!(isPid(running.pid) && running.pid > 1) || typeof running.startTime !== 'string'))
    return false;
  return last === null || (typeof last.outcome === 'string' && !Number.isNaN(Date.parse(last.endedAt)));
}
