import { stat } from 'node:fs/promises';
import { readLastLines } from './log-file.ts';

/** Levels of Dolt's log (logrus), least first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal', 'panic'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of a log. */
export interface LogEntry {
  /** Rig, or `supervisor`. */
  readonly source: string;
  /** Time in ms; a line that has none gets that of the line before it, or else after it. */
  readonly time: number;
  readonly level: LogLevel;
  readonly line: string;
}

export interface ReadLogOptions {
  readonly source: string;
  readonly path: string;
  /** At most so many of the last lines. */
  readonly count: number;
  /** Only lines from then on, in ms. */
  readonly since?: number | undefined;
  /** Only lines of this level or a higher one. */
  readonly level?: LogLevel | undefined;
  /** Leave out a last line that is still being written. */
  readonly whole?: boolean | undefined;
}

const HEADER = /^time="([^"]+)" level=(\w+)/;
/** The first line of each start of Dolt, the only one that it writes by design without time and level. */
const START = 'Starting server with Config';

/**
 * Gives each line its time and level. A line without them is what a program writes when it fails (a
 * panic, a usage error), so it counts as an error, unless it is indented: then it goes on with the
 * line before.
 */
export class LogParser {
  private readonly source: string;
  private time: number;
  private level: LogLevel = 'error';

  /** @param time in ms, of lines that come before any that has one */
  constructor(source: string, time = 0) {
    this.source = source;
    this.time = time;
  }

  /** @example new LogParser('beads').parse('time="2026-01-02T03:04:05Z" level=info msg=x').level // 'info' */
  parse(line: string): LogEntry {
    const match = HEADER.exec(line);
    if (match) {
      this.time = Date.parse(match[1] ?? '') || this.time;
      this.level = logLevel(match[2] ?? '') ?? this.level;
    } else if (line.startsWith(START)) this.level = 'info';
    else if (/^\S/.test(line)) this.level = 'error';
    return { source: this.source, time: this.time, level: this.level, line };
  }
}

/** The level that a word means; `warn` and `warning` are the same. */
export function logLevel(word: string): LogLevel | undefined {
  const lower = word.toLowerCase();
  return LOG_LEVELS.find((level) => level === lower || (level === 'warning' && lower === 'warn'));
}

export function isWanted(entry: LogEntry, options: Pick<ReadLogOptions, 'since' | 'level'>): boolean {
  if (options.since !== undefined && entry.time < options.since) return false;
  return options.level === undefined || LOG_LEVELS.indexOf(entry.level) >= LOG_LEVELS.indexOf(options.level);
}

/** What was read of a log. */
export interface ReadLog {
  readonly entries: LogEntry[];
  /** Offset in bytes of the newest file from which to follow it without missing or repeating a line. */
  readonly end: number;
}

/**
 * The last lines of a log that are wanted, from its rotated files too where the newest does not
 * hold enough. A log that does not exist has none.
 */
export async function readLog(options: ReadLogOptions): Promise<ReadLog> {
  const { path, count, since, level, whole = false } = options;
  const filtered = since !== undefined || level !== undefined;
  const newest = await readLastLines(path, filtered && count > 0 ? Number.POSITIVE_INFINITY : count);
  let wanted: LogEntry[] = [];
  for (let index = 0; wanted.length < count; index += 1) {
    const file = index === 0 ? path : `${path}.${index}`;
    const rest = filtered ? Number.POSITIVE_INFINITY : count - wanted.length;
    const { lines, partial } = index === 0 ? newest : await readLastLines(file, rest);
    if (index > 0 && lines.length === 0) break;
    const parser = new LogParser(options.source);
    const all = partial === '' || whole ? lines : [...lines, partial];
    const entries = timed(
      all.map((line) => parser.parse(line)),
      await writtenAt(file),
    );
    wanted = [...entries.filter((entry) => isWanted(entry, options)), ...wanted];
    const first = entries[0];
    if (since !== undefined && first && first.time < since) break;
  }
  return { entries: count > 0 ? wanted.slice(-count) : [], end: newest.end };
}

/** Lines without a time before any that has one, and those of a start, belong to what follows. */
function timed(entries: readonly LogEntry[], written: number): LogEntry[] {
  let next: number | undefined;
  return [...entries]
    .reverse()
    .map((entry) => {
      if (HEADER.test(entry.line)) next = entry.time;
      else if (entry.time === 0) return { ...entry, time: next ?? written };
      else if (entry.line.startsWith(START)) return { ...entry, time: next ?? entry.time };
      return entry;
    })
    .reverse();
}

/** When a file was last written to, in ms. */
async function writtenAt(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

/** Several logs as one, by time; lines of the same time stay in the order of their log. */
export function mergeByTime(logs: readonly (readonly LogEntry[])[]): LogEntry[] {
  return logs.flat().sort((a, b) => a.time - b.time);
}
