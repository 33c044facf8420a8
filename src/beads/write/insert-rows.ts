import type { Queryable, SqlParameter } from '../../database/types.ts';

const MAX_ROWS = 2_000;
/** Well below what a server accepts in one packet. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Inserts rows in as few statements as their size permits. No rows, no statement.
 *
 * @param verb `INSERT` where a duplicate is an error, `INSERT IGNORE` where it is none
 * @param end what follows the rows: `ON DUPLICATE KEY UPDATE …`
 * @returns the number of rows inserted
 * @example await insertRows(tx, 'labels', ['issue_id', 'label'], [['hm-a1', 'ui']])
 */
export async function insertRows(
  tx: Queryable,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlParameter[])[],
  verb: 'INSERT' | 'INSERT IGNORE' = 'INSERT',
  end = '',
): Promise<number> {
  const place = `(${columns.map(() => '?').join(', ')})`;
  let inserted = 0;
  for (const chunk of chunks(rows)) {
    const places = chunk.map(() => place).join(', ');
    inserted += await tx.execute(`${verb} INTO ${table} (${columns.join(', ')}) VALUES ${places} ${end}`, chunk.flat());
  }
  return inserted;
}

function* chunks(rows: readonly (readonly SqlParameter[])[]): Generator<(readonly SqlParameter[])[]> {
  let chunk: (readonly SqlParameter[])[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 8),
      0,
    );
    if (chunk.length > 0 && (chunk.length === MAX_ROWS || bytes + size > MAX_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(row);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
