import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { AppError, systemErrorCode } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import { killTree } from '../util/kill-tree.ts';
import type { StatementResult } from './driver.ts';
import { parseJsonRows } from './json-rows.ts';
import type { DoltSqlChild } from './spawn-dolt-sql.ts';
import { ConnectionLostError, ERRNO, errnoOfMessage, sqlError } from './sql-error.ts';
import type { Row } from './types.ts';

/** A `dolt sql` child as a connection: one statement at a time. */
export interface DoltSqlSession {
  /** False once the child ended; an error of a statement ends it. */
  readonly alive: boolean;
  /**
   * Runs statements in order, in one go, and answers for the last one.
   *
   * @throws SqlError, ConnectionLostError
   * @example await session.run('START TRANSACTION', 'UPDATE t SET n = 1')
   */
  run(...statements: string[]): Promise<StatementResult>;
  /** Runs statements that print one line for certain, in one go, and answers for each. @throws as `run` */
  runAll(statements: readonly string[]): Promise<Row[][]>;
  /** Lets the child end after what it does now, and waits for its end; it is ended when that takes too long. */
  close(): Promise<void>;
}

const MARK_LINE_MAX = 200;

/** What statements printed, line by line, and how many rows the last one changed. */
interface Printed {
  readonly lines: readonly string[];
  readonly changed: number;
}

interface Pending {
  readonly texts: readonly string[];
  /** How many lines they print, where that is certain: no mark follows them then. */
  readonly lines: number | undefined;
  readonly results: string[];
  resolve(printed: Printed): void;
  reject(error: unknown): void;
}

/**
 * @param spawned fresh from `spawnDoltSql`
 * @param directory where it was started, for the message when that failed
 * @param statementTimeoutMs how long a statement may take before the child is ended, in ms; default no limit
 */
export function createDoltSqlSession(
  spawned: DoltSqlChild,
  directory: string,
  statementTimeoutMs?: number,
): DoltSqlSession {
  const child = spawned.process;
  const mark = `mark-${randomBytes(8).toString('hex')}`;
  let pending: Pending | undefined;
  let closing = false;
  let reported = false;
  let ended = false;
  let errorText = '';
  let chunks: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  let late = false;

  const end = spawned.ended.then(() => {
    ended = true;
    clearTimeout(timer);
    const waiting = pending;
    pending = undefined;
    waiting?.reject(endError(waiting.texts));
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
    const isMark = pending.lines === undefined && text.length <= MARK_LINE_MAX && text.includes(mark);
    if (!isMark && pending.results.push(text) !== pending.lines) return;
    clearTimeout(timer);
    const { resolve, results: lines } = pending;
    pending = undefined;
    resolve({ lines, changed: isMark ? Math.max(Number(parseJsonRows(text)[0]?.['changed'] ?? 0), 0) : 0 });
  }

  function endError(texts: readonly string[]): AppError {
    if (reported) return new ConnectionLostError('the embedded database ended', false);
    reported = true;
    if (late) return new ConnectionLostError(`no answer within ${formatDuration(statementTimeoutMs ?? 0)}`, true);
    if (spawned.failure) return spawnFailure(child.spawnfile, directory, spawned.failure);
    const message = statementMessage(errorText, texts);
    if (message !== undefined) return sqlError(errnoOfMessage(message), message);
    const missing = /The provided --use-db (\S+) does not exist|no database selected/.exec(errorText);
    if (missing) return sqlError(ERRNO.databaseUnknown, `no Dolt database ${missing[1] ?? ''} in ${directory}`);
    if (errorText.includes('no space left on device')) return diskFull(directory);
    const why = withoutLog(errorText) || `it ended with ${child.signalCode ?? child.exitCode}`;
    return new ConnectionLostError(`the embedded database ended: ${why}`, true);
  }

  function ask(texts: readonly string[]): Promise<Printed> {
    if (ended || closing) return Promise.reject(endError(texts));
    if (pending) return Promise.reject(new Error('the embedded database was asked two things at once'));
    return new Promise((resolve, reject) => {
      const lines = texts.every(printsOneLine) ? texts.length : undefined;
      pending = { texts, lines, results: [], resolve, reject };
      if (statementTimeoutMs !== undefined) timer = setTimeout(expire, statementTimeoutMs);
      // A line break ends a comment; the mark's result tells that the statements are done.
      const after = lines ? '' : `SELECT '${mark}' AS mark, ROW_COUNT() AS changed;\n`;
      child.stdin.write(`${texts.join('\n;')}\n;\n${after}`);
    });
  }

  /** A child that waits for a remote would not look at anything else before that one answers. */
  function expire(): void {
    late = true;
    if (child.pid !== undefined) killTree(child.pid).catch(() => child.kill('SIGKILL'));
  }

  // On a directory that a server holds, `dolt sql` is but a client of that server and prints every
  // value as a string, in the server's time zone.
  const ready = ask(['SELECT 1 AS probe']).then(({ lines }) => {
    if (parseJsonRows(lines[0] ?? '')[0]?.['probe'] === 1) return;
    closing = true;
    child.stdin.end();
    throw serverRuns(directory);
  });
  ready.catch(() => undefined);

  return {
    get alive() {
      return !ended && !closing;
    },
    async run(...statements) {
      await ready;
      const { lines, changed } = await ask(statements.map(countable));
      // DML prints nothing, START TRANSACTION and the like print `{}`: the last line is the statement's.
      const last = lines.at(-1);
      return { rows: last === undefined ? [] : parseJsonRows(last), changed };
    },
    async runAll(statements) {
      await ready;
      return (await ask(statements)).lines.map(parseJsonRows);
    },
    async close() {
      closing = true;
      child.stdin.end();
      // One that stands still would be waited for without end.
      const bound = statementTimeoutMs === undefined ? undefined : setTimeout(expire, statementTimeoutMs);
      await end;
      clearTimeout(bound);
    },
  };
}

/** A DELETE without WHERE empties the table in one go, and then ROW_COUNT() says 0. */
function countable(sql: string): string {
  return /^\s*DELETE\s+FROM\s+[\w`.]+\s*$/i.test(sql) ? `${sql} WHERE TRUE` : sql;
}

/** `SELECT … INTO` prints nothing. */
function printsOneLine(sql: string): boolean {
  return /^\s*(?:SELECT|SHOW|DESCRIBE|EXPLAIN)\b/i.test(sql) && !/\bINTO\b/i.test(sql);
}

/** What Dolt says about a statement: `error on line 1 for query <text>: <message>`, or a syntax error's lines. */
function statementMessage(printed: string, texts: readonly string[]): string | undefined {
  const match = /error on line \d+ for query /.exec(printed);
  if (!match) return undefined;
  const rest = printed.slice(match.index + match[0].length);
  const text = texts.map((each) => each.trimStart()).find((each) => rest.startsWith(each));
  const end = text === undefined ? Number.POSITIVE_INFINITY : Buffer.byteLength(text) + 1;
  const message = text === undefined ? rest.slice(rest.lastIndexOf('\n: ') + 1) : rest.slice(text.length);
  return (
    message
      .replace(/^\s*:?\s*/, '')
      .replace(/^Error parsing SQL:\s*/, '')
      // The line break behind the statement is ours.
      .replace(
        /^(syntax error at position )(\d+)/,
        (_all, words: string, at: string) => words + Math.min(Number(at), end),
      )
      .trim()
  );
}

/** Dolt logs a failure, and then prints it. */
function withoutLog(printed: string): string {
  const lines = printed.split('\n').filter((line) => !/^time="[^"]*" level=(?:info|warning) /.test(line));
  return lines.join('\n').trim() || printed.trim();
}

function diskFull(directory: string): ConnectionLostError {
  const hint = 'make room there; what was committed before is safe';
  return new ConnectionLostError(`the disk is full: Dolt cannot write in ${directory}`, true, { hint }, 'DISK_FULL');
}

function spawnFailure(program: string, directory: string, cause: Error): AppError {
  const code = systemErrorCode(cause);
  // ENOENT is said of a missing working directory, too.
  if (!existsSync(directory)) return new AppError('NOT_FOUND', `there is no directory ${directory}`, { cause });
  const hint = 'gt dolt install';
  if (code === 'ENOENT') return new AppError('DOLT_NOT_FOUND', `there is no program ${program}`, { hint, cause });
  return new AppError('DOLT_UNUSABLE', `${program} cannot be run (${code})`, { hint, cause });
}

function serverRuns(directory: string): AppError {
  return new AppError('CONFLICT', `a Dolt server has ${directory} open`, {
    hint: 'stop that server, or use it: bd config set dolt.mode server',
  });
}
