import { readFile } from 'node:fs/promises';
import { systemErrorCode } from '../errors.ts';
import { lastLines } from './log-file.ts';

/** Levels of Dolt's log (logrus), least first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal', 'panic'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of a log. */
export interface LogEntry {
  /** Rig, or `supervisor`. */
  readonly source: string;
  /** Time in ms; a line that has none gets that of the line before it. */
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
}

/** Gives each line its time and level; keeps those of the line before for lines without. */
export class LogParser {
  private readonly source: string;
  private time = 0;
  private level: LogLevel = 'info';

  constructor(source: string) {
    this.source = source;
  }

  /** @example new LogParser('beads').parse('time="2026-01-02T03:04:05Z" level=info msg=x').level // 'info' */
  parse(line: string): LogEntry {
    const match = /^time="([^"]+)" level=(\w+)/.exec(line);
    if (match) {
      this.time = Date.parse(match[1] ?? '') || this.time;
      this.level = logLevel(match[2] ?? '') ?? this.level;
    }
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

/**
 * The last lines of a log that are wanted, from its rotated files too where the newest does not
 * hold enough. A log that does not exist has none.
 */
export async function readLog(options: ReadLogOptions): Promise<LogEntry[]> {
  let wanted: LogEntry[] = [];
  const filtered = options.since !== undefined || options.level !== undefined;
  for (let index = 0; wanted.length < options.count; index += 1) {
    const path = index === 0 ? options.path : `${options.path}.${index}`;
    const lines = filtered ? await allLines(path) : await lastLines(path, options.count - wanted.length);
    if (lines === undefined || (index > 0 && lines.length === 0)) break;
    const parser = new LogParser(options.source);
    const entries = lines.map((line) => parser.parse(line));
    wanted = [...entries.filter((entry) => isWanted(entry, options)), ...wanted];
    const first = entries[0];
    if (options.since !== undefined && first && first.time < options.since) break;
  }
  return wanted.slice(-options.count);
}

async function allLines(path: string): Promise<string[] | undefined> {
  try {
    const lines = (await readFile(path, 'utf8')).split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Several logs as one, by time; lines of the same time stay in the order of their log. */
export function mergeByTime(logs: readonly (readonly LogEntry[])[]): LogEntry[] {
  return logs.flat().sort((a, b) => a.time - b.time);
}
