import type { Consent } from '../database/backup/consent.ts';
import type { AppError } from '../errors.ts';
import type { RigStatus } from './rig-status.ts';

export interface TownOptions {
  /** The town's data directory; absolute. */
  readonly dataDir: string;
  /** Root of this package: it holds the supervisor's program. */
  readonly packageRoot: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

export interface ChangeOptions {
  /** Empty means every configured rig. */
  readonly rigs: readonly string[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Told of each rig as it is done. */
  onRigDone?(result: RigResult): void;
}

export interface StartOptions extends ChangeOptions {
  readonly port?: number | undefined;
  readonly remotesapiPort?: number | undefined;
  /** Open the rig, by default HQ, to other towns: ports 3306 and 8080, TLS, no account without a password. */
  readonly federation?: boolean | undefined;
  onCreated?(rig: string): void;
  onClosed?(message: string): void;
  onKept?(message: string): void;
}

export interface StopOptions extends ChangeOptions {
  /** After the time-out, kill the verified process tree. */
  readonly force: boolean;
  /** Told of an invalid gt.yaml, which is then passed over; without it that is thrown. */
  onWarning?(problem: AppError): void;
}

export interface TownBackupOptions {
  /** Empty means every configured rig. */
  readonly rigs: readonly string[];
  /** Where the backup of one rig goes; absolute. Default `.gt/backups/<rig>` in the data dir. */
  readonly directory?: string | undefined;
  onProgress?(text: string): void;
}

export interface TownRestoreOptions {
  readonly rig: string;
  /** The backup; absolute. */
  readonly backup: string;
  readonly consent: Consent;
  onProgress?(text: string): void;
}

export interface TownCompactOptions {
  readonly rig: string;
  /** Commits before this become one. */
  readonly olderThan: Date;
  /** Also where remotes have the history. */
  readonly shared?: boolean;
  onProgress?(text: string): void;
}

/** What became of one rig. */
export interface RigResult {
  status: RigStatus;
  /** Undefined when it was done. */
  error?: AppError;
  /** There was nothing to do. */
  already: boolean;
  forced: boolean;
  /** Rigs that nobody asked for and that went down too: a server that was started by hand had them all. */
  alsoStopped?: readonly string[];
  tookMs: number;
}
