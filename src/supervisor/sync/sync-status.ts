import type { TownPaths } from '../../town/data-dir.ts';
import type { SyncConfig } from '../../town/sync-config.ts';
import { isRunning, nextSync, readSyncRecord, type SyncOutcome } from './sync-record.ts';

/** The scheduled sync of one rig in the JSON of `gt dolt status`; times are ISO, absent values null. */
export interface RigSync {
  every_seconds: number;
  directory: string;
  running: boolean;
  /** Of the last run that ended. */
  last_started_at: string | null;
  last_ended_at: string | null;
  last_outcome: SyncOutcome | null;
  /** What it said of a failure. */
  last_error: string | null;
  /** When the next one is due, to a few seconds; null while none can be: the rig does not run, or nobody watches it. */
  next_at: string | null;
  log_file: string;
}

/** @param watched whether the rig runs under a supervisor */
export async function syncStatus(
  paths: TownPaths,
  rig: string,
  sync: SyncConfig,
  watched: boolean,
  now: Date,
): Promise<RigSync> {
  const record = await readSyncRecord(paths, rig);
  const running = await isRunning(record);
  const { last } = record;
  const next = watched && !running ? new Date(nextSync(record, sync.everyMs, now.getTime())).toISOString() : null;
  return {
    every_seconds: sync.everyMs / 1_000,
    directory: sync.directory,
    running,
    last_started_at: last?.startedAt ?? null,
    last_ended_at: last?.endedAt ?? null,
    last_outcome: last?.outcome ?? null,
    last_error: last?.detail ?? null,
    next_at: next,
    log_file: paths.syncLog(rig),
  };
}
