import { messageOf } from '../../errors.ts';
import type { RigConfig } from '../../town/config.ts';
import type { TownPaths } from '../../town/data-dir.ts';
import { readLiveState } from '../../town/live-state.ts';
import type { SyncConfig } from '../../town/sync-config.ts';
import { inspectProcess } from '../../util/process-identity.ts';
import { endLeftRun, nextSync, readSyncRecord, type SyncRecord, writeSyncRecord } from './sync-record.ts';
import { type SyncRun, startSyncRun } from './sync-run.ts';

export interface SyncScheduleOptions {
  readonly paths: TownPaths;
  readonly bd: string;
  readonly env: NodeJS.ProcessEnv;
  password(): string;
  log(level: 'info' | 'warning', message: string): void;
}

interface NotedRun extends SyncRun {
  /** Resolves when it is on record what became of it. */
  readonly noted: Promise<void>;
}

/**
 * The scheduled syncs of a town: one at a time for each rig, and only while its server runs. It has
 * no timer of its own: whoever looks after the town looks here too, every few seconds.
 */
export class SyncSchedule {
  private readonly options: SyncScheduleOptions;
  private readonly runs = new Map<string, NotedRun>();
  /** How many changes of each rig go on. */
  private readonly paused = new Map<string, number>();
  private looking = false;
  private closed = false;

  constructor(options: SyncScheduleOptions) {
    this.options = options;
  }

  /**
   * Starts what is due.
   *
   * @param watched rigs that the supervisor watches
   */
  async look(rigs: readonly RigConfig[], watched: readonly string[]): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      for (const { name, sync } of rigs) {
        const mayRun = () => !this.closed && !this.runs.has(name) && !this.paused.has(name);
        if (!sync || !watched.includes(name) || !mayRun()) continue;
        const record = await readSyncRecord(this.options.paths, name);
        const now = Date.now();
        if (await endLeftRun(record)) continue;
        if (nextSync(record, sync.everyMs, now) > now) continue;
        const isUp = (await readLiveState(this.options.paths, name))?.state === 'running';
        if (isUp && mayRun()) this.start(name, sync, record);
      }
    } finally {
      this.looking = false;
    }
  }

  /** Ends the sync of a rig, and starts none while `work` changes its server: that would wait for it. */
  async without<T>(rig: string, work: () => Promise<T>): Promise<T> {
    this.paused.set(rig, (this.paused.get(rig) ?? 0) + 1);
    try {
      const run = this.runs.get(rig);
      if (run) await endAndNote(run);
      else await endLeftRun(await readSyncRecord(this.options.paths, rig));
      return await work();
    } finally {
      const left = (this.paused.get(rig) ?? 1) - 1;
      if (left > 0) this.paused.set(rig, left);
      else this.paused.delete(rig);
    }
  }

  /** Ends what runs; the next supervisor makes up for it. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.runs.values()].map(endAndNote));
  }

  private start(rig: string, sync: SyncConfig, before: SyncRecord): void {
    const { paths, bd, env } = this.options;
    const startedAt = new Date().toISOString();
    const { dataDir } = paths;
    const run = startSyncRun({
      ...{ sync, dataDir, bd, env },
      logFile: paths.syncLog(rig),
      password: this.options.password(),
    });
    const noted = this.note(rig, run, before, startedAt)
      .catch((error: unknown) => this.options.log('warning', `${rig}: the sync is not recorded: ${messageOf(error)}`))
      .finally(() => this.runs.delete(rig));
    this.runs.set(rig, { ...run, noted });
  }

  private async note(rig: string, run: SyncRun, before: SyncRecord, startedAt: string): Promise<void> {
    const { paths, log } = this.options;
    const process = run.pid === undefined ? undefined : await inspectProcess(run.pid).catch(() => undefined);
    if (process) {
      const running = { pid: process.pid, startTime: process.startTime, since: startedAt };
      await writeSyncRecord(paths, rig, { running, last: before.last });
    }
    const { outcome, detail } = await run.ended;
    if (outcome !== before.last?.outcome && outcome !== 'interrupted') {
      log(outcome === 'failed' ? 'warning' : 'info', `${rig}: bd federation sync: ${detail ?? 'in sync'}`);
    }
    const last = { startedAt, endedAt: new Date().toISOString(), outcome, detail };
    await writeSyncRecord(paths, rig, { running: null, last });
  }
}

/** One that would not end is on record as running: the next look at it ends it. */
async function endAndNote(run: NotedRun): Promise<void> {
  if (await run.end()) await run.noted;
}
