import type { Database } from '../../database/types.ts';

/** A database that is closed and opened anew from time to time. */
export interface RecycledDatabase {
  /**
   * The open database.
   *
   * @param rows how many are going to be read
   */
  use(rows: number): Promise<Database>;
  close(): Promise<void>;
}

/**
 * Bounds the memory of a long reading: a `dolt sql` child keeps what it has read.
 *
 * @param everyRows opened anew after so many rows; Infinity for a server
 */
export function createRecycledDatabase(open: () => Promise<Database>, everyRows: number): RecycledDatabase {
  let db: Database | undefined;
  let read = 0;
  const close = async () => {
    await db?.close();
    db = undefined;
    read = 0;
  };
  return {
    async use(rows) {
      if (read >= everyRows) await close();
      read += rows;
      db ??= await open();
      return db;
    },
    close,
  };
}
