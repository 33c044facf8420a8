import type { Queryable } from '../../database/types.ts';

/**
 * A text that changes whenever anything in the database does, uncommitted changes included. It costs
 * about 1 ms, so a watcher can ask for it often and read again only when it differs.
 */
export async function changeSignal(db: Queryable): Promise<string> {
  const [row] = await db.query('SELECT dolt_hashof_db() AS hash');
  return String(row?.['hash'] ?? '');
}
