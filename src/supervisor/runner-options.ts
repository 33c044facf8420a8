import type { TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { LiveState } from '../town/live-state.ts';
import type { StartParams } from './protocol.ts';

/** What a supervisor gives to the runner of one rig. */
export interface RunnerOptions {
  readonly rig: string;
  readonly live: LiveState;
  readonly paths: TownPaths;
  readonly env: NodeJS.ProcessEnv;
  /** Reads gt.yaml anew, so that a start uses what it says now. */
  config(): Promise<TownConfig>;
  /** The Dolt to run when nobody has said which. */
  findDolt(): Promise<StartParams['dolt']>;
  /** The passwords of the server's root user that are known now, to be tried in that order. */
  passwords(): string[];
  log(level: 'info' | 'warning' | 'error', message: string): void;
  /** Called when the rig may have ceased to need watching. */
  onIdle(): void;
}
