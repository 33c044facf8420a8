import { followLog } from '../dolt/log-follow.ts';
import {
  isWanted,
  LOG_LEVELS,
  type LogEntry,
  type LogLevel,
  LogParser,
  logLevel,
  mergeByTime,
  readLog,
} from '../dolt/log-lines.ts';
import { AppError } from '../errors.ts';
import { noSuchRig } from '../supervisor/known-rigs.ts';
import { readTownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { assertRigName } from '../town/rig-name.ts';
import { parseDuration } from '../util/duration.ts';

/** The flags of `gt dolt logs`. */
export interface LogQuery {
  readonly rigs: readonly string[];
  readonly lines: number;
  readonly since?: string | undefined;
  readonly level?: string | undefined;
  readonly supervisor?: boolean | undefined;
  readonly sync?: boolean | undefined;
  readonly follow?: boolean | undefined;
  /** Time from which a duration is counted back, in ms. */
  readonly now: number;
}

/** What was read of several logs. */
export interface ReadLogs {
  readonly entries: LogEntry[];
  readonly sources: string[];
  /** Where to follow each source from, so that no line is missed. */
  readonly ends: ReadonlyMap<string, number>;
}

/** @throws AppError RIG_UNKNOWN, VALIDATION, CONFIG_INVALID */
export async function readLogs(paths: TownPaths, query: LogQuery): Promise<ReadLogs> {
  const logs = await logFiles(paths, query);
  const since = sinceTime(query);
  const level = wantedLevel(query);
  const read = await Promise.all(
    logs.map(({ source, path }) => readLog({ source, path, count: query.lines, since, level, whole: query.follow })),
  );
  return {
    entries: mergeByTime(read.map(({ entries }) => entries)).slice(-query.lines || Number.MAX_SAFE_INTEGER),
    sources: logs.map((log) => log.source),
    ends: new Map(logs.map(({ source }, index) => [source, read[index]?.end ?? 0])),
  };
}

/** Calls back for each wanted line that is appended to what was read, until the signal. */
export async function followLogs(
  paths: TownPaths,
  query: LogQuery,
  read: ReadLogs,
  onEntry: (entry: LogEntry) => void,
  signal: AbortSignal,
): Promise<void> {
  const level = wantedLevel(query);
  const followers = await Promise.all(
    (await logFiles(paths, query)).map(({ source, path }) => {
      const parser = new LogParser(source, query.now);
      return followLog(path, read.ends.get(source) ?? 0, (line) => {
        const entry = parser.parse(line);
        if (isWanted(entry, { level })) onEntry(entry);
      });
    }),
  );
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await Promise.all(followers.map((follower) => follower.stop()));
}

async function logFiles(paths: TownPaths, query: LogQuery): Promise<{ source: string; path: string }[]> {
  if (query.supervisor) return [{ source: 'supervisor', path: paths.supervisorLog }];
  const config = await readTownConfig(paths.config);
  for (const name of query.rigs) {
    assertRigName(name);
    if (!config.rigs.some((rig) => rig.name === name)) throw await noSuchRig(paths, name, config);
  }
  const names = query.rigs.length > 0 ? query.rigs : config.rigs.map((rig) => rig.name);
  return names.map((source) => ({ source, path: query.sync ? paths.syncLog(source) : paths.log(source) }));
}

function sinceTime({ since, now }: LogQuery): number | undefined {
  if (since === undefined) return undefined;
  const time = Date.parse(since);
  // `10` alone would be a date to Date.parse.
  if (!Number.isNaN(time) && !/^\d+(\.\d+)?[a-z]*$/.test(since)) return time;
  try {
    return now - parseDuration(since);
  } catch (cause) {
    throw new AppError('USAGE', `--since ${since} is neither a duration nor a time`, {
      hint: 'write 10m, 2h or 2026-01-31T12:00:00Z',
      cause,
    });
  }
}

function wantedLevel({ level }: LogQuery): LogLevel | undefined {
  if (level === undefined) return undefined;
  const found = logLevel(level);
  if (!found)
    throw new AppError('USAGE', `"${level}" is not a level of the log`, { hint: `one of ${LOG_LEVELS.join(', ')}` });
  return found;
}
