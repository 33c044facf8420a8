/**
 * The errors that a user can act on. Each has a stable code, from which the exit code follows;
 * everything else that is thrown is a bug and is reported as INTERNAL.
 */

/** Exit codes of `gt`, as its contract lists them. `bd` uses 0, 1 and 2 only. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  refused: 4,
  doltUnusable: 5,
  timedOut: 6,
} as const;

/** The one table of error codes; the README's is generated from it (`npm run docs`). */
export const ERROR_CODES = {
  INTERNAL: { exit: EXIT.failed, meaning: 'a defect in this program' },
  USAGE: { exit: EXIT.usage, meaning: 'the command line is not understood' },
  CANCELLED: { exit: 130, meaning: 'interrupted by Ctrl-C or a signal' },
  NOT_FOUND: { exit: EXIT.failed, meaning: 'no issue, database or file of that name' },
  ALREADY_EXISTS: { exit: EXIT.failed, meaning: 'it is there already and is not overwritten' },
  VALIDATION: { exit: EXIT.failed, meaning: 'a value is not allowed' },
  CONFLICT: { exit: EXIT.failed, meaning: 'somebody else changed or holds it' },
  READ_ONLY: { exit: EXIT.failed, meaning: 'a write was asked for in read-only mode' },
  IO_ERROR: { exit: EXIT.failed, meaning: 'a file or directory cannot be read or written' },
  DISK_FULL: { exit: EXIT.failed, meaning: 'no space is left on the device' },
  CONFIG_INVALID: { exit: EXIT.failed, meaning: 'a configuration file has an error' },
  RIG_NAME_INVALID: { exit: EXIT.usage, meaning: 'the name cannot be a rig’s' },
  RIG_UNKNOWN: { exit: EXIT.failed, meaning: 'no rig of that name is configured' },
  RIG_EXISTS: { exit: EXIT.refused, meaning: 'a rig or directory of that name exists' },
  RIG_WITHOUT_DATABASE: { exit: EXIT.failed, meaning: 'the rig’s directory holds no Dolt database' },
  RIG_RUNNING: { exit: EXIT.refused, meaning: 'the rig runs, and what was asked for needs it stopped' },
  PORT_IN_USE: { exit: EXIT.refused, meaning: 'another program holds the port' },
  DATA_DIR_BUSY: { exit: EXIT.refused, meaning: 'a server or another supervisor holds the data directory' },
  IDENTITY_UNVERIFIED: {
    exit: EXIT.refused,
    meaning: 'a process could not be verified as ours, so it is left alone',
  },
  PASSWORD_MISSING: { exit: EXIT.refused, meaning: 'a listener for other machines, and an account without a password' },
  TLS_MISSING: { exit: EXIT.refused, meaning: 'a listener for other machines, and no certificate to encrypt with' },
  CERTIFICATE_UNUSABLE: { exit: EXIT.refused, meaning: 'a certificate is expired, not readable or of another key' },
  MANAGED_ELSEWHERE: { exit: EXIT.refused, meaning: 'the rig’s server runs on another machine' },
  FOREIGN_SERVER: { exit: EXIT.refused, meaning: 'the server was not started by gt' },
  SERVER_FAILED: { exit: EXIT.failed, meaning: 'the Dolt server could not be run, or ended before it was ready' },
  SERVER_NOT_RUNNING: { exit: EXIT.notRunning, meaning: 'the server does not run' },
  SERVER_UNREACHABLE: { exit: EXIT.notRunning, meaning: 'nothing answers at the endpoint' },
  START_TIMEOUT: { exit: EXIT.timedOut, meaning: 'the server is still starting, or the supervisor does not answer' },
  STOP_TIMEOUT: { exit: EXIT.timedOut, meaning: 'the server is still stopping, or the supervisor does not answer' },
  LOCK_TIMEOUT: { exit: EXIT.timedOut, meaning: 'a lock or a connection that others use did not become free in time' },
  SUPERVISOR_FAILED: { exit: EXIT.failed, meaning: 'the supervisor could not be started, or does not answer' },
  DOLT_NOT_FOUND: { exit: EXIT.doltUnusable, meaning: 'no dolt program was found' },
  DOLT_UNUSABLE: { exit: EXIT.doltUnusable, meaning: 'dolt is too old, unsafe or not executable' },
  INSTALL_FAILED: { exit: EXIT.doltUnusable, meaning: 'Dolt could not be installed' },
  SQL_ERROR: { exit: EXIT.failed, meaning: 'the database refused a statement' },
  ACCESS_DENIED: { exit: EXIT.failed, meaning: 'the server refused user or password' },
  DATABASE_UNKNOWN: { exit: EXIT.failed, meaning: 'the server has no database of that name' },
  IDENTITY_MISMATCH: { exit: EXIT.failed, meaning: 'the database belongs to another project' },
  SCHEMA_UNSUPPORTED: { exit: EXIT.failed, meaning: 'the database has a schema of a newer tool' },
  NOT_INITIALIZED: { exit: EXIT.failed, meaning: 'no beads database was found here' },
  CLOSED: { exit: EXIT.failed, meaning: 'a library call came after the database was closed' },
  REMOTE_UNREACHABLE: { exit: EXIT.failed, meaning: 'a Dolt remote does not answer or cannot be read' },
  REMOTE_TIMEOUT: { exit: EXIT.timedOut, meaning: 'a Dolt remote took longer than it may' },
  WRITE_UNCERTAIN: {
    exit: EXIT.failed,
    meaning: 'the connection broke during COMMIT and the result could not be established',
  },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What an error may carry beside its code and message. */
export interface ErrorDetails {
  /** What to do next: a command or a short sentence. */
  hint?: string;
  cause?: unknown;
}

/**
 * An error that the user can act on.
 *
 * @example
 * throw new AppError('PORT_IN_USE', 'port 3307 is held by pid 4711 (mysqld)', {
 *   hint: 'stop that program, or: gt dolt start --port 3310 beads',
 * });
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** The same error with words before its message that say what was being done. */
export function withContext(error: AppError, context: string): AppError {
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new AppError(error.code, `${context}: ${error.message}`, { ...hint, cause: error });
}

/** The `code` of a Node system error (`ENOENT`, `EACCES`, …), or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
