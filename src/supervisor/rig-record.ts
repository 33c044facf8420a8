import { messageOf } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { type LiveState, type RigState, writeLiveState } from '../town/live-state.ts';
import type { TownSettings } from './town-settings.ts';

/** The live state of one rig: in memory at once, in its file in the same order. */
export class RigRecord {
  private readonly paths: TownPaths;
  private readonly onError: (message: string) => void;
  private current: LiveState;
  private lastWrite: Promise<void> = Promise.resolve();

  /** @param onError told of a write that failed: the servers run on without their state files */
  constructor(paths: TownPaths, live: LiveState, onError: (message: string) => void) {
    this.paths = paths;
    this.current = live;
    this.onError = onError;
  }

  get live(): LiveState {
    return this.current;
  }

  /** Resolves when it is written, or could not be. */
  set(state: RigState, changes: Partial<LiveState> = {}): Promise<void> {
    this.current = { ...this.current, ...changes, state };
    const { current } = this;
    this.lastWrite = this.lastWrite
      .then(() => writeLiveState(this.paths, current))
      .catch((error: unknown) => this.onError(messageOf(error)));
    return this.lastWrite;
  }

  /** Resolves when everything is written. */
  written(): Promise<void> {
    return this.lastWrite;
  }
}

/** What is told of a rig without a state file. */
export async function stoppedState(rig: string, town: TownSettings): Promise<LiveState> {
  const config = await town.read().catch(() => undefined);
  const settings = config?.rigs.find((one) => one.name === rig);
  const none = { server: null, version: null, startedAt: null, restarts: 0, lastError: null };
  const { host = '127.0.0.1', port = 0, remotesapiPort = null } = settings ?? {};
  return { rig, state: 'stopped', host, port, remotesapiPort, ...none };
}
