import { setTimeout as delay } from 'node:timers/promises';

/** Longer than a process takes from starting its `dolt sql` to asking for the write lock. */
const OVERTAKEN_MS = 500;

/**
 * To be awaited with the write lock held, after a database's directory got another place. A command
 * starts its `dolt sql` before it asks for the lock, and starts another one only if it had to wait:
 * one that started on the old directory must find the lock taken.
 */
export function quietly(): Promise<void> {
  return delay(OVERTAKEN_MS);
}
