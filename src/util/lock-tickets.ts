import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { fileError } from './atomic-write.ts';

/** Who holds a lock, or waits for it. */
export interface LockHolder {
  readonly pid: number;
  readonly startTime: string;
  readonly host: string;
  /** The set of processes in which `pid` means something. */
  readonly pidNamespace: string;
  /** What it is held for, for the message to those who wait. */
  readonly purpose: string;
  /** ISO time of asking. */
  readonly since: string;
}

const TICKET = /^\d{12}\.[0-9a-f]{16}$/;

/** Whether a file of a lock's directory is a ticket. */
export function isTicket(name: string): boolean {
  return TICKET.test(name);
}

/** The tickets of a lock, first to last. @throws AppError IO_ERROR */
export function tickets(directory: string): string[] {
  try {
    const names = readdirSync(directory);
    for (const name of names) if (name.startsWith('draft.')) removeOldDraft(join(directory, name));
    return names.filter(isTicket).sort();
  } catch (error) {
    throw fileError(error, `cannot read the lock ${directory}`);
  }
}

/** A process killed between writing its draft and drawing leaves the draft; nobody waits for it. */
function removeOldDraft(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && Date.now() - found.mtimeMs > 60_000) rmSync(path, { force: true });
}

/**
 * A ticket is complete before it gets its name, so one that cannot be parsed was left by a machine
 * that crashed before its content reached the disk.
 */
export function readTicket(path: string): LockHolder | 'broken' | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, `cannot read the lock ${path}`);
  }
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return 'broken';
  }
}
