import { randomBytes } from 'node:crypto';
import { renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, systemErrorCode } from '../errors.ts';
import { fileError } from './atomic-write.ts';
import { formatDuration } from './duration.ts';
import { fileGone } from './file-gone.ts';
import { isTicket, type LockHolder, readTicket, tickets } from './lock-tickets.ts';
import { makeDirectory } from './make-directory.ts';
import { type Liveness, liveness, ownIdentity, pidNamespace } from './process-identity.ts';

export interface ProcessLock {
  /** Whether somebody waits behind this holder. */
  contended(): Promise<boolean>;
  release(): Promise<void>;
}

export interface LockOptions {
  /** Directory of the lock's tickets; made where missing. */
  directory: string;
  /** What the lock is held for: `bd create`, `gt dolt start`. */
  purpose: string;
  /** What is locked, for the message to those who wait; default `database`. */
  subject?: string;
  /** How long to wait at most, in ms. 0 tries once. */
  timeoutMs: number;
  /** Remove the directory, too, when nobody holds or waits for the lock any more. */
  temporary?: boolean;
  signal?: AbortSignal;
  /**
   * Tells by other means whether a holder lives that is on another machine or in another container,
   * of which the process table says nothing. Without it such a holder counts as living.
   */
  judge?(holder: LockHolder): Promise<Liveness>;
}

const MOST_REMOVALS = 100;
/**
 * Who is next looks often, since a holder that is killed leaves its ticket. Who stands farther back
 * is woken by the end of the ticket before its own, and looks for a dead one the less often the farther back.
 */
const POLL_MS = { first: 2, last: 25, each: 100, farthest: 2_500 };

/**
 * Takes a lock among processes of one machine, first come first served. The lock of a process that
 * died, by SIGKILL too, is free at once: a ticket counts only while the process that drew it lives.
 * docs/decisions/0002-process-lock.md shows why two can never hold it.
 *
 * @throws AppError LOCK_TIMEOUT naming the holder, CANCELLED, IO_ERROR
 * @example
 * const lock = await acquireLock({ directory: '.beads/dolt/.lock.d', purpose: 'bd create', timeoutMs: 10_000 });
 * try { await write(); } finally { await lock.release(); }
 */
export async function acquireLock(options: LockOptions): Promise<ProcessLock> {
  const deadline = Date.now() + options.timeoutMs;
  const ticket = await drawTicket(options);
  const release = async () => {
    rmSync(join(options.directory, ticket), { force: true });
    if (options.temporary) removeIfEmpty(options.directory);
  };
  const contended = async () => tickets(options.directory).at(-1) !== ticket;
  try {
    for (let pause = POLL_MS.first; ; pause = Math.min(pause * 1.5, POLL_MS.last)) {
      const ahead = await nearestAhead(options, ticket);
      if (!ahead) return { release, contended };
      if (options.signal?.aborted) throw new AppError('CANCELLED', 'interrupted while waiting for a lock');
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw timedOut(options, await firstOf(options, ahead));
      const boundMs =
        ahead.places > 1 ? Math.min(ahead.places * POLL_MS.each, POLL_MS.farthest) : pause * (0.5 + Math.random());
      await fileGone(join(options.directory, ahead.ticket), Math.min(boundMs, leftMs), options.signal);
    }
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Draws a ticket behind all the others. If a later one appeared in the meantime this one is out of
 * order, and its holder may already have looked and found nobody ahead: give it back, draw again.
 */
async function drawTicket(options: LockOptions): Promise<string> {
  const holder: LockHolder = {
    ...(await ownIdentity()),
    host: hostname(),
    pidNamespace: pidNamespace(),
    purpose: options.purpose,
    since: new Date().toISOString(),
  };
  for (let attempt = 0; ; attempt += 1) {
    // Those who draw at the same time and get out of order must not do so for ever, in step.
    if (attempt > 0) await delay(Math.random() * Math.min(2 ** attempt, 50));
    try {
      const ticket = drawOnce(options.directory, holder);
      if (ticket !== undefined) return ticket;
    } catch (error) {
      // It is not there yet, or the last holder of a temporary lock removed the directory just now.
      const code = error instanceof AppError ? systemErrorCode(error.cause) : undefined;
      if (code !== 'ENOENT' || attempt > MOST_REMOVALS) throw error;
      await makeDirectory(options.directory).catch((failed: unknown) => {
        const removed = systemErrorCode(failed) === 'ENOENT' || systemErrorCode(failed) === 'EEXIST';
        if (!removed || attempt > MOST_REMOVALS) throw fileError(failed, `cannot make the lock ${options.directory}`);
      });
    }
  }
}

/**
 * Synchronous, as all that is done with tickets: through the pool of threads it takes ten times as
 * long, on a machine where 64 processes wait.
 *
 * @returns undefined when the ticket is out of order
 */
function drawOnce(directory: string, holder: LockHolder): string | undefined {
  const last = tickets(directory).at(-1);
  const number = last ? Number(last.slice(0, 12)) + 1 : 1;
  const ticket = `${String(number).padStart(12, '0')}.${randomBytes(8).toString('hex')}`;
  const draft = join(directory, `draft.${ticket}`);
  try {
    writeFileSync(draft, JSON.stringify(holder), { mode: 0o600, flag: 'wx' });
    renameSync(draft, join(directory, ticket));
  } catch (error) {
    throw fileError(error, `cannot take the lock ${directory}`);
  }
  if (tickets(directory).at(-1) === ticket) return ticket;
  rmSync(join(directory, ticket), { force: true });
  return undefined;
}

/** The last of those who come before a ticket, whose end is the one to wait for. */
interface Ahead {
  readonly holder: LockHolder;
  readonly ticket: string;
  /** Tickets up to this one, which others have to judge. */
  readonly places: number;
}

/**
 * Who comes right before a ticket and lives; tickets of the dead between the two are removed, so that
 * nobody waits for the end of one who has ended.
 */
async function nearestAhead(options: LockOptions, own: string): Promise<Ahead | undefined> {
  const { directory } = options;
  const all = tickets(directory);
  // Somebody removed the directory (`rm -rf .beads/dolt`): the lock would no longer exclude anyone.
  if (!all.includes(own)) throw new AppError('CONFLICT', `the lock ${directory} was removed by somebody else`);
  for (let places = all.indexOf(own); places > 0; places -= 1) {
    const ticket = all[places - 1] ?? '';
    const holder = await livingHolder(options, ticket);
    if (holder) return { holder, ticket, places };
    rmSync(join(directory, ticket), { force: true });
  }
  return undefined;
}

/** Who holds the lock while one waits behind `nearest`. */
async function firstOf(options: LockOptions, nearest: Ahead): Promise<LockHolder> {
  for (const ticket of tickets(options.directory)) {
    const holder = ticket < nearest.ticket ? await livingHolder(options, ticket) : nearest.holder;
    if (holder) return holder;
  }
  return nearest.holder;
}

/** Whose ticket it is, unless that process has ended. */
async function livingHolder({ directory, judge }: LockOptions, ticket: string): Promise<LockHolder | undefined> {
  const holder = readTicket(join(directory, ticket));
  if (!holder || holder === 'broken') return undefined;
  const state = canBeJudged(holder) ? await liveness(holder) : await judge?.(holder);
  return state === 'dead' ? undefined : holder;
}

/**
 * Who holds a lock and who waits for it, first to last, and whether each still lives. Changes nothing.
 *
 * @example const [holder] = await lockTickets('.beads/dolt/.lock.d');
 */
export async function lockTickets(directory: string): Promise<(LockHolder & { judged: Liveness })[]> {
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names
      .filter(isTicket)
      .sort()
      .map(async (name) => {
        const holder = readTicket(join(directory, name));
        if (!holder || holder === 'broken') return [];
        return [{ ...holder, judged: canBeJudged(holder) ? await liveness(holder) : ('unknown' as const) }];
      }),
  );
  return found.flat();
}

/** Of a holder on another machine or in another container nobody here knows whether it lives. */
function canBeJudged(holder: LockHolder): boolean {
  return holder.host === hostname() && holder.pidNamespace === pidNamespace();
}

/** Refused while there is a ticket or a draft of anybody in it. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Somebody else's turn, and theirs to remove.
  }
}

function timedOut(options: LockOptions, holder: LockHolder): AppError {
  return new AppError(
    'LOCK_TIMEOUT',
    `${options.subject ?? 'database'} is locked: waited ${formatDuration(options.timeoutMs)} for ${options.directory}, held by pid ${holder.pid} (${holder.purpose}) on ${holder.host} since ${holder.since}`,
    { hint: hintFor(options, holder) },
  );
}

function hintFor(options: LockOptions, holder: LockHolder): string {
  if (canBeJudged(holder)) return 'wait for that process to end, then run the command again';
  return `that process is not on this machine: wait for it to end; if it is gone for good, remove ${options.directory}`;
}
