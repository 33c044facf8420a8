import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sqlName } from '../../database/sql-text.ts';
import type { Queryable } from '../../database/types.ts';
import { insertRows } from '../write/insert-rows.ts';
import type { Portion } from './portions.ts';
import { writeText } from './text-file.ts';

/**
 * Whether the database reads files of `directory`: not when its server runs elsewhere, as another
 * user, or takes files from its own directory only. A `dolt sql` child takes them from the directory
 * that it was started in.
 */
export async function readsFiles(db: Queryable, directory: string): Promise<boolean> {
  const path = join(directory, `probe-${randomUUID()}`);
  const nonce = randomUUID();
  await writeText(path, nonce);
  try {
    const [row] = await db.query('SELECT CAST(LOAD_FILE(?) AS CHAR) AS content', [path]);
    return row?.['content'] === nonce;
  } finally {
    await rm(path, { force: true });
  }
}

/** Puts a portion into its table: by way of its file, which takes Dolt half the time of an INSERT. */
export async function loadPortion(tx: Queryable, { table, columns, file, rows }: Portion): Promise<void> {
  const names = columns.map(sqlName);
  if (file !== undefined) {
    await tx.execute(`LOAD DATA INFILE ? INTO TABLE ${table.name} (${names.join(', ')})`, [file]);
  }
  await insertRows(tx, table.name, names, rows, 'INSERT', table.merge);
}
