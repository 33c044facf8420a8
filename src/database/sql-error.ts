import { AppError, type ErrorCode, type ErrorDetails } from '../errors.ts';
import { isOutOfSpace } from '../util/out-of-space.ts';

/** Numbers of MySQL errors that callers look for. */
export const ERRNO = {
  accessDenied: 1045,
  accessDeniedToDatabase: 1044,
  databaseUnknown: 1049,
  columnUnknown: 1054,
  notNull: 1048,
  duplicateKey: 1062,
  unknown: 1105,
  tableUnknown: 1146,
  lockWaitTimeout: 1205,
  serializationFailure: 1213,
  parentHasChildren: 1451,
  parentMissing: 1452,
  readOnlyTransaction: 1792,
} as const;

/** What a database refused. `errno` is the same in both drivers. */
export class SqlError extends AppError {
  readonly errno: number;

  constructor(code: ErrorCode, message: string, errno: number, details: ErrorDetails = {}) {
    super(code, message, details);
    this.name = 'SqlError';
    this.errno = errno;
  }
}

/** The connection (or the embedded child) ended. */
export class ConnectionLostError extends AppError {
  /** Whether a statement was on its way: then nobody knows whether it was done. */
  readonly inFlight: boolean;

  constructor(
    message: string,
    inFlight: boolean,
    details: ErrorDetails = {},
    code: 'SERVER_UNREACHABLE' | 'DISK_FULL' = 'SERVER_UNREACHABLE',
  ) {
    super(code, message, details);
    this.name = 'ConnectionLostError';
    this.inFlight = inFlight;
  }
}

/** A program went on to use a database that it had closed. */
export function databaseClosed(when: 'before' | 'meanwhile'): AppError {
  const what =
    when === 'before' ? 'the database was used after it was closed' : 'the database was closed while it was used';
  return new AppError('CLOSED', what, { hint: 'wait for what is under way before closing; open it again to go on' });
}

/**
 * The MySQL error number of an error of ours, in both drivers.
 *
 * @example if (sqlErrno(error) === ERRNO.duplicateKey) return tryAnotherId();
 */
export function sqlErrno(error: unknown): number | undefined {
  return error instanceof SqlError ? error.errno : undefined;
}

/** Dolt rolled the whole transaction back: another one changed the same cells, or a wait was too long. */
export function isSerializationFailure(error: unknown): boolean {
  const errno = sqlErrno(error);
  return errno === ERRNO.serializationFailure || errno === ERRNO.lockWaitTimeout;
}

/** Another process has the database open for writing, so this one got it read-only: nothing was done. */
export function isHeldElsewhere(error: unknown): boolean {
  return sqlErrno(error) === ERRNO.unknown && error instanceof SqlError && HELD_ELSEWHERE.test(error.message);
}

// The whole of what Dolt says, for it may also stand in a value that another error quotes. Some
// procedures put their own words before it: `fatal: Unexpected error creating branch 'x' : `.
const HELD_ELSEWHERE = /^(?:fatal: Unexpected error [^:\n]* : )?cannot update manifest: database is read only$/;

/** A syntax error goes on with the statement and a mark below it, which the server makes of other text than we sent. */
function withoutStatement(message: string): string {
  return message.replace(/^(syntax error at position \d+(?: near '[^']*')?)[\s\S]*$/, '$1');
}

/** Maps a refusal by its number. */
export function sqlError(errno: number, told: string, cause?: unknown): SqlError {
  const message = withoutStatement(told);
  const details = cause === undefined ? {} : { cause };
  switch (errno) {
    case ERRNO.accessDenied:
    case ERRNO.accessDeniedToDatabase:
      return new SqlError('ACCESS_DENIED', message, errno, { ...details, hint: 'check user and password' });
    case ERRNO.databaseUnknown:
      return new SqlError('DATABASE_UNKNOWN', message, errno, { ...details, hint: 'check the name of the database' });
    default:
      return (
        tooLong(message, errno) ??
        outOfSpace(message, errno) ??
        damaged(message, errno) ??
        servedReadOnly(message, errno) ??
        new SqlError('SQL_ERROR', message, errno, details)
      );
  }
}

function outOfSpace(message: string, errno: number): SqlError | undefined {
  if (!isOutOfSpace(message)) return undefined;
  return new SqlError('DISK_FULL', message, errno, { hint: 'free some space, then run the command again' });
}

/** The server is the standby of another one, or was started read-only. */
function servedReadOnly(message: string, errno: number): SqlError | undefined {
  if (!/^Database \S+ is read-only\.?$/.test(message)) return undefined;
  return new SqlError('READ_ONLY', `the server takes no writes: ${message.replace(/\.$/, '')}`, errno, {
    hint: 'a standby takes them once it is the primary: gt dolt standby status; gt dolt standby promote',
  });
}

/** A chunk that a statement needed is not what was written. */
function damaged(message: string, errno: number): SqlError | undefined {
  if (!/(?:^|: )checksum error$/.test(message)) return undefined;
  return new SqlError('IO_ERROR', `a file of the database is damaged: ${message}`, errno, {
    hint: 'restore a backup, or keep the directory aside and take the data from the remote again',
  });
}

/** Dolt repeats the whole value, which may be megabytes; its number for this is that of any error. */
function tooLong(message: string, errno: number): SqlError | undefined {
  const column = /^string '[\s\S]*' is too large for column '([^']+)'$/.exec(message)?.[1];
  if (column === undefined) return undefined;
  return new SqlError('VALIDATION', `${column}: the text is longer than its column in this database`, errno, {
    hint: 'shorten it; a column that another tool made as text, of 65,535 bytes, can be made longtext: bd sql "ALTER TABLE … MODIFY …"',
  });
}

// Messages of go-mysql-server with the numbers that its server sends for them: sql/errors.go, CastSQLError.
const MESSAGES: readonly (readonly [RegExp, number])[] = [
  [/duplicate (?:primary|unique) key given|Duplicate entry for key/i, ERRNO.duplicateKey],
  [/table not found: /, ERRNO.tableUnknown],
  [/database not found: /, ERRNO.databaseUnknown],
  [/serialization failure: /, ERRNO.serializationFailure],
  [/Unknown column '/, ERRNO.columnUnknown],
  [/is non-nullable but attempted to set a value of null/, ERRNO.notNull],
  [/cannot add or update a child row - Foreign key violation/, ERRNO.parentMissing],
  [/cannot delete or update a parent row - Foreign key violation/, ERRNO.parentHasChildren],
  [/cannot execute statement in a READ ONLY transaction/, ERRNO.readOnlyTransaction],
];

/** The number that Dolt's server would have sent with this message; 1105 (unknown) when in doubt. */
export function errnoOfMessage(message: string): number {
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? ERRNO.unknown;
}
