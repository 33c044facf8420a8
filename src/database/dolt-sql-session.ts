import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { AppError, systemErrorCode } from '../errors.ts';
import type { StatementResult } from './driver.ts';
import { parseJsonRows } from './json-rows.ts';
import { ConnectionLostError, ERRNO, errnoOfMessage, sqlError } from './sql-error.ts';

/** A `dolt sql` child as a connection: one statement at a time. */
export interface DoltSqlSession {
  /** False once the child ended; an error of a statement ends it. */
  readonly alive: boolean;
  /**
   * Runs one statement. What has no rows to show is asked for the number of rows it changed.
   *
   * @param before a statement to run first that has no rows, such as START TRANSACTION
   * @throws SqlError, ConnectionLostError
   */
  run(sql: string, before?: string): Promise<StatementResult>;
  /** Lets the child end after what it does now, and waits for its end. */
  close(): Promise<void>;
}

const MARK_LINE_MAX = 200;
const PRINTS_ONE_LINE = /^\s*(?:SELECT|SHOW|DESCRIBE|EXPLAIN)\b/i;

interface Pending {
  readonly sql: string;
  /** The statement prints one line for certain, so no mark follows it. */
  readonly oneLine: boolean;
  readonly results: string[];
  resolve(result: StatementResult): void;
  reject(error: unknown): void;
}

/**
 * @param child fresh from `spawnDoltSql`
 * @param directory where it was started, for the message when that failed
 */
export function createDoltSqlSession(child: ChildProcessWithoutNullStreams, directory: string): DoltSqlSession {
  const mark = `mark-${randomBytes(8).toString('hex')}`;
  let pending: Pending | undefined;
  let spawnError: unknown;
  let closing = false;
  let reported = false;
  let ended = child.exitCode !== null || child.signalCode !== null;
  let errorText = '';
  let chunks: Buffer[] = [];

  const end = new Promise<void>((resolve) => {
    const onEnd = () => {
      ended = true;
      const waiting = pending;
      pending = undefined;
      waiting?.reject(endError(waiting.sql));
      resolve();
    };
    child.once('error', (error) => {
      spawnError = error;
      onEnd();
    });
    child.once('close', onEnd);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errorText += chunk.toString('utf8');
  });
  child.stdout.on('data', (chunk: Buffer) => {
    for (let from = 0; ; ) {
      const newline = chunk.indexOf(10, from);
      if (newline < 0) {
        if (from < chunk.length) chunks.push(chunk.subarray(from));
        return;
      }
      chunks.push(chunk.subarray(from, newline));
      const line = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      chunks = [];
      from = newline + 1;
      if (line && line.length > 0) onLine(line);
    }
  });

  function onLine(line: Buffer): void {
    if (!pending) return;
    const text = line.toString('utf8');
    if (pending.oneLine) {
      settle([text], 0);
      return;
    }
    if (text.length > MARK_LINE_MAX || !text.includes(mark)) {
      pending.results.push(text);
      return;
    }
    settle(pending.results, Number(parseJsonRows(text)[0]?.['changed'] ?? 0));
  }

  function settle(results: readonly string[], changed: number): void {
    const done = pending;
    pending = undefined;
    try {
      // DML prints nothing, START TRANSACTION and the like print `{}`: the last line is the statement's.
      const last = results.at(-1);
      done?.resolve({ rows: last === undefined ? [] : parseJsonRows(last), changed: Math.max(changed, 0) });
    } catch (error) {
      done?.reject(error);
    }
  }

  function endError(sql: string): AppError {
    if (reported) return new ConnectionLostError('the embedded database ended', false);
    reported = true;
    if (systemErrorCode(spawnError) !== undefined) return spawnFailure(child, directory, spawnError);
    const message = statementMessage(errorText, sql);
    if (message !== undefined) return sqlError(errnoOfMessage(message), message);
    const missing = /The provided --use-db (\S+) does not exist|no database selected/.exec(errorText);
    if (missing) return sqlError(ERRNO.databaseUnknown, `no Dolt database ${missing[1] ?? ''} in ${directory}`);
    const why = errorText.trim() || `it ended with ${child.signalCode ?? child.exitCode}`;
    return new ConnectionLostError(`the embedded database ended: ${why}`, true);
  }

  return {
    get alive() {
      return !ended && !closing;
    },
    run(statement, before) {
      const sql = countable(statement);
      if (ended || closing) {
        return Promise.reject(endError(sql));
      }
      return new Promise((resolve, reject) => {
        const oneLine = before === undefined && PRINTS_ONE_LINE.test(sql) && !/\bINTO\b/i.test(sql);
        pending = { sql, oneLine, results: [], resolve, reject };
        // The line break ends a comment; the mark's result tells that the statement is done.
        const after = oneLine ? '' : `SELECT '${mark}' AS mark, ROW_COUNT() AS changed;\n`;
        child.stdin.write(`${before === undefined ? '' : `${before};`}${sql}\n;\n${after}`);
      });
    },
    async close() {
      closing = true;
      child.stdin.end();
      await end;
    },
  };
}

/** A DELETE without WHERE empties the table in one go, and then ROW_COUNT() says 0. */
function countable(sql: string): string {
  return /^\s*DELETE\s+FROM\s+[\w`.]+\s*$/i.test(sql) ? `${sql} WHERE TRUE` : sql;
}

/** What Dolt says about a statement: `error on line 1 for query <text>: <message>`, or a syntax error's lines. */
function statementMessage(text: string, sql: string): string | undefined {
  const start = text.search(/error on line \d+ for query /);
  if (start < 0) return undefined;
  const rest = text.slice(start).replace(/^error on line \d+ for query /, '');
  const query = sql.trimStart();
  const message = rest.startsWith(query) ? rest.slice(query.length) : rest.slice(rest.lastIndexOf('\n: ') + 1);
  return message
    .replace(/^\s*:?\s*/, '')
    .replace(/^Error parsing SQL:\s*/, '')
    .trim();
}

function spawnFailure(child: ChildProcessWithoutNullStreams, directory: string, cause: unknown): AppError {
  const code = systemErrorCode(cause);
  // ENOENT is said of a missing working directory, too.
  if (!existsSync(directory)) return new AppError('NOT_FOUND', `there is no directory ${directory}`, { cause });
  const hint = 'gt dolt install';
  if (code === 'ENOENT')
    return new AppError('DOLT_NOT_FOUND', `there is no program ${child.spawnfile}`, { hint, cause });
  return new AppError('DOLT_UNUSABLE', `${child.spawnfile} cannot be run (${code})`, { hint, cause });
}
