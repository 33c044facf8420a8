import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc';
import type { RigProbe } from '../dolt/rig-probe.ts';
import type { ErrorCode } from '../errors.ts';
import type { LiveState } from '../town/live-state.ts';

/** What `gt` and the supervisor say to each other over the socket (JSON-RPC 2.0). */

/** An error as it travels. */
export interface WireError {
  code: ErrorCode;
  message: string;
  hint?: string;
}

export interface Hello {
  /** Version of the package that the supervisor was started from. */
  version: string;
  pid: number;
  /** ISO time. */
  startedAt: string;
}

/** One rig as the supervisor sees it: its live state, and what it said over SQL just now. */
export interface RigSnapshot {
  live: LiveState;
  probe: RigProbe | null;
  /** False for a server that somebody started by hand. */
  managed: boolean;
}

/** What became of one rig in a `start`, `stop` or `restart`. */
export interface RigOutcome {
  snapshot: RigSnapshot;
  error: WireError | null;
  /** Whether there was nothing to do. */
  already: boolean;
  /** How long it took, in ms. */
  tookMs: number;
  /** Whether it was ended by SIGKILL. */
  forced: boolean;
  /** Whether it was given up because the supervisor ends: the next one is to be asked. */
  handedOver?: boolean;
}

export interface StartParams {
  rigs: string[];
  timeoutMs: number;
  /** Path and version of the dolt program that the servers run. */
  dolt: { path: string; version: string };
  /** Of the servers' root user, where it has one. */
  password?: string;
}

/** A start of one rig. */
export type RigStart = Omit<StartParams, 'rigs'>;

export interface StopParams {
  rigs: string[];
  timeoutMs: number;
  force: boolean;
}

export const helloRequest = new RequestType0<Hello, void>('hello');
export const startRequest = new RequestType<StartParams, RigOutcome[], void>('start');
export const stopRequest = new RequestType<StopParams, RigOutcome[], void>('stop');
export const restartRequest = new RequestType<StartParams, RigOutcome[], void>('restart');
export const statusRequest = new RequestType0<RigSnapshot[], void>('status');
/** Names of the rigs that it keeps running or is at work on; unlike the status it asks no server. */
export const watchedRequest = new RequestType0<string[], void>('watched');
/** Asks the supervisor to end and leave its servers to the next one. */
export const handoverRequest = new RequestType0<null, void>('handover');
/** Sent while a start, stop or restart goes on, for each rig that is done. */
export const rigDoneNotification = new NotificationType<RigOutcome>('rig-done');
