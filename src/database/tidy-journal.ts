import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DoltSqlSession } from './dolt-sql-session.ts';

/**
 * Where Dolt keeps what was written since it last collected garbage. It reads the journal's index
 * whenever it opens a database, 1.5 ms for a megabyte of journal.
 */
const JOURNAL = join('.dolt', 'noms', 'v'.repeat(32));

/** 150 writes or so on a database of 10,000 issues. */
export const TIDY_FROM_BYTES = 8 * 1024 * 1024;

/**
 * Has Dolt collect garbage where the journal grew long, as a server does by itself, into files that
 * older releases of Dolt read too, and that are written in half the time. Whoever asks holds
 * the lock of the database's writers; the session can only be closed then. Does not throw: what was
 * written is safe either way, and the next writer comes by again.
 *
 * @param directory the database's own, or the one above it
 */
export async function tidyJournal(
  session: DoltSqlSession,
  { directory, database, fromBytes }: { directory: string; database: string; fromBytes: number },
): Promise<void> {
  const journals = [join(directory, database, JOURNAL), join(directory, JOURNAL)];
  if (Math.max(...journals.map(bytesOf)) < fromBytes) return;
  await session.run("CALL DOLT_GC('--archive-level', '0')").catch(() => undefined);
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
