import { setTimeout as delay } from 'node:timers/promises';
import { fileSize, lastLines } from '../dolt/log-file.ts';
import { portHolder } from '../dolt/port-holder.ts';
import { AppError } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import { isOutOfSpace } from '../util/out-of-space.ts';
import type { ServerHandle } from './server-handle.ts';
import { assertPortFree } from './start-conflicts.ts';

/** Pauses between two questions: short while a start is fresh, longer for one that takes its time. */
const PAUSE_MS = { fresh: 10, old: 200, freshFor: 3_000 };
const ERROR_LINES = 10;

export interface ReadinessLimits {
  /** How long to wait; Infinity waits until the server is ready or gone. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until the server answers over SQL, is the one that was spawned and serves the database.
 *
 * @returns `ended` when its process ended before that
 * @throws AppError START_TIMEOUT, and CONFLICT when the signal comes first; the server goes on starting
 */
export async function waitUntilReady(handle: ServerHandle, limits: ReadinessLimits): Promise<'ready' | 'ended'> {
  const { database } = handle.place;
  const begun = performance.now();
  const left = () => limits.timeoutMs - (performance.now() - begun);
  const stop = new AbortController();
  const ended = handle.exited.then(() => 'ended' as const);
  const interrupted = aborted(limits.signal, stop.signal);
  let last = 'it does not accept connections';
  try {
    for (;;) {
      const wait = Math.max(1, Math.min(left(), 60_000));
      const seen = await Promise.race([handle.probe(wait), ended, interrupted]);
      if (seen === 'ended') return 'ended';
      if (seen === 'aborted') throw givenUp(database);
      if (seen.identity === 'verified') return 'ready';
      // A root with a password refuses us: the token cannot be asked for, so who listens decides.
      if (seen.reachable && seen.identity === 'unknown' && (await holdsItsPort(handle))) return 'ready';
      last = seen.error ?? `another server answers there (${seen.identity})`;
      if (left() <= 0) throw tooLate(handle, limits.timeoutMs, last);
      const pause = performance.now() - begun < PAUSE_MS.freshFor ? PAUSE_MS.fresh : PAUSE_MS.old;
      await Promise.race([delay(Math.min(pause, Math.max(1, left()))), ended, interrupted]);
    }
  } finally {
    stop.abort();
  }
}

async function holdsItsPort({ place, server }: ServerHandle): Promise<boolean> {
  return (await portHolder(place.port))?.pid === server.pid;
}

function tooLate(handle: ServerHandle, timeoutMs: number, why: string): AppError {
  const { host, port, database } = handle.place;
  const waited = formatDuration(timeoutMs);
  return new AppError(
    'START_TIMEOUT',
    `rig "${database}" does not answer over SQL on ${host}:${port} after ${waited} (pid ${handle.server.pid}): ${why}`,
    { hint: `it is left running; look with: gt dolt status, gt dolt logs ${database}` },
  );
}

/** A start that gave way to a later stop, or to the end of the supervisor. */
export function givenUp(rig: string): AppError {
  return new AppError(
    'CONFLICT',
    `rig "${rig}": given up, because it was stopped, or its supervisor ended, meanwhile`,
    {
      hint: 'gt dolt status',
    },
  );
}

function aborted(signal: AbortSignal, until: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true, signal: until });
  });
}

/** The end of a server's log, to tell why it ended. */
export interface LogMark {
  readonly file: string;
  /** Size in bytes before the server wrote to it. */
  readonly offset: number;
}

export async function markLog(file: string): Promise<LogMark> {
  return { file, offset: await fileSize(file) };
}

/**
 * What to say of a server that ended before it was ready: with its last log lines, and with who
 * holds what it could not have.
 */
export async function endedEarly(handle: ServerHandle, log: LogMark): Promise<AppError> {
  const { host, port, database } = handle.place;
  const lines = await lastLines(log.file, ERROR_LINES, log.offset);
  const said = lines.length > 0 ? `\n${lines.map((line) => `    ${line}`).join('\n')}` : ' It logged nothing.';
  if (lines.some((line) => line.includes('is locked by another dolt process'))) return dataDirBusy(handle);
  if (lines.some(isOutOfSpace)) {
    return new AppError('DISK_FULL', `rig "${database}": dolt sql-server ended for want of space.${said}`, {
      hint: 'free some space, then start again',
    });
  }
  // Somebody took the port between our look at it and the server's.
  const conflict = await assertPortFree(database, host, port).catch((error: unknown) => error);
  if (conflict instanceof AppError) return conflict;
  return new AppError('SERVER_FAILED', `rig "${database}": dolt sql-server ended before it was ready.${said}`, {
    hint: `the whole log: ${log.file}`,
  });
}

async function dataDirBusy({ place, server }: ServerHandle): Promise<AppError> {
  const { findDoltProcesses } = await import('../dolt/dolt-processes.ts');
  const holders = await findDoltProcesses(server.dataDir).catch(() => []);
  const named = holders.map(({ pid, command }) => `pid ${pid} (${command})`).join(', ');
  return new AppError(
    'DATA_DIR_BUSY',
    `rig "${place.database}": its database ${server.dataDir} is open in another dolt process${named ? `: ${named}` : ''}`,
    { hint: 'end that process, then start again' },
  );
}

/** Calls `ready` once the server is, however long that takes; never when it ends before. */
export function onceReady(handle: ServerHandle, signal: AbortSignal, ready: () => Promise<void>): void {
  waitUntilReady(handle, { timeoutMs: Number.POSITIVE_INFINITY, signal }).then(
    (seen) => (seen === 'ready' ? ready() : undefined),
    () => undefined,
  );
}

/** Why a server is started again, with what it said last. */
export async function describeEnd(logFile: string): Promise<string> {
  const lines = await lastLines(logFile, 5).catch(() => []);
  return `the server ended; its last log lines:\n${lines.join('\n')}`;
}
