import type { Row } from '../../database/types.ts';

/**
 * The tables of the database and how many rows each has, which Dolt knows without counting. Where it
 * is asked for is one text, so that an answer which is there already serves.
 */
export const TABLE_LIST =
  'SELECT table_name AS name, table_rows AS row_count FROM information_schema.tables WHERE table_schema = DATABASE()';

/** What `TABLE_LIST` answered: rows by the name of their table. */
export function tableSizes(rows: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(rows.map((row) => [String(row['name']), Number(row['row_count'] ?? 0)]));
}
