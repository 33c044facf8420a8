import type { Queryable } from '../../database/types.ts';
import { type IssueTables, tablesOf } from '../tables.ts';

/**
 * The layers that hold anything: the issues in Dolt's history, and the wisps of this clone that lie
 * over them (an id in `wisps` has its labels, dependencies and comments in the tables `wisp_…`).
 * Most databases have no wisps, and then a reader pays this one statement for them; a fresh clone
 * lacks the tables altogether.
 */
export async function readLayers(db: Queryable): Promise<readonly IssueTables[]> {
  const rows = await db.query(
    "SELECT table_name AS name, table_rows AS row_count FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'wisp%'",
  );
  const counts = new Map(rows.map((row) => [String(row['name']), Number(row['row_count'] ?? 0)]));
  const wisps = tablesOf(true);
  const complete = Object.values(wisps).every((table) => counts.has(table));
  return complete && (counts.get(wisps.issues) ?? 0) > 0 ? [tablesOf(false), wisps] : [tablesOf(false)];
}
