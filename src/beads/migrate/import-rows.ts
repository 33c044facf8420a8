import { sqlName } from '../../database/sql-text.ts';
import type { Database, DoltCommit, Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { insertRows } from '../write/insert-rows.ts';
import { ALWAYS_WRITTEN } from './issue-fields.ts';
import { createRowLoader, isLoadable, type RowLoader } from './load-rows.ts';
import type { TargetRow } from './read-rows.ts';
import { TARGET_TABLES, type TargetTable, targetTable } from './target-tables.ts';
import { createTurns } from './turns.ts';

export interface ImportOptions {
  /** All rows, anew each time. */
  rows: () => Iterable<TargetRow>;
  /** Runs in the transaction that ends the import. */
  finish: (tx: Queryable) => Promise<void>;
  /** Whether the import is there, asked when the connection was lost during COMMIT. */
  isDone: (db: Queryable) => Promise<boolean>;
  commit: DoltCommit;
  onRows: (rows: number) => void;
  /** A directory of ours that the database may read files from. */
  directory: string;
}

/** The more rows at once, the less often Dolt writes the same pages of its indexes. */
const BATCH = 5_000;
const BATCH_CHARACTERS = 4 * 1024 * 1024;
/** A `dolt sql` child grows with each row of a transaction. */
const STEP_ROWS = 20_000;

/**
 * Imports in one transaction, so that others see all rows or none.
 *
 * @param prepare runs first in that transaction
 */
export async function importAtOnce(
  db: Database,
  options: ImportOptions,
  prepare?: (tx: Queryable) => Promise<void>,
): Promise<void> {
  await db.transaction(
    async (tx) => {
      await prepare?.(tx);
      const inserter = await createInserter(tx, options);
      for (const row of options.rows()) await inserter.add(row);
      await inserter.flush();
      await options.finish(tx);
    },
    { doltCommit: options.commit, isDone: options.isDone },
  );
}

/**
 * Imports into a database that nobody else knows yet: in several transactions, each with a new
 * process of Dolt, whose memory would grow otherwise.
 */
export async function importInSteps(open: () => Promise<Database>, options: ImportOptions): Promise<void> {
  const rows = options.rows()[Symbol.iterator]();
  for (let done = false; !done; ) {
    const db = await open();
    let begun = false;
    try {
      await db.transaction(
        async (tx) => {
          // The rows that an attempt took are gone, so there is no second one.
          if (begun) throw new AppError('CONFLICT', 'the import was interrupted', { hint: 'run the command again' });
          begun = true;
          const inserter = await createInserter(tx, options);
          for (let count = 0; count < STEP_ROWS && !done; count += 1) {
            const next = rows.next();
            if (next.done) done = true;
            else await inserter.add(next.value);
          }
          await inserter.flush();
          if (done) await options.finish(tx);
        },
        { doltCommit: () => (done ? options.commit : undefined) },
      );
    } finally {
      await db.close();
    }
  }
}

interface Inserter {
  /** Waits for Dolt only when two batches are ahead of it. */
  add(row: TargetRow): Promise<void> | undefined;
  flush(): Promise<void>;
}

async function createInserter(tx: Queryable, { onRows, directory }: ImportOptions): Promise<Inserter> {
  const loader = await createRowLoader(tx, directory);
  const batches = new Map<string, Batch>();
  const turns = createTurns();

  async function flushTables(names: Iterable<string>): Promise<void> {
    for (const name of names) {
      const batch = batches.get(name);
      if (!batch) continue;
      batches.delete(name);
      await turns.next(async () => {
        await insertBatch(tx, loader, targetTable(name), batch.rows);
        onRows(batch.rows.length);
      });
    }
  }

  return {
    add(row) {
      const batch = batches.get(row.table) ?? { rows: [], characters: 0 };
      if (batch.rows.push(row) === 1) batches.set(row.table, batch);
      for (const value of row.values) batch.characters += typeof value === 'string' ? value.length : 0;
      // An issue goes before what refers to it.
      const isFull = batch.rows.length >= BATCH || batch.characters >= BATCH_CHARACTERS;
      return isFull ? flushTables(new Set(['issues', row.table])) : turns.breathe();
    },
    async flush() {
      await flushTables(TARGET_TABLES.keys());
      await turns.end();
    },
  };
}

interface Batch {
  readonly rows: TargetRow[];
  characters: number;
}

async function insertBatch(
  tx: Queryable,
  loader: RowLoader | undefined,
  table: TargetTable,
  batch: readonly TargetRow[],
): Promise<void> {
  const used = usedColumns(table, batch);
  const columns = used.map((index) => sqlName(table.fields[index]?.name ?? ''));
  let rows = batch.map(({ values }) => used.map((index) => values[index] ?? null));
  if (loader && table.merge === undefined) {
    await loader.load(table.name, columns, rows.filter(isLoadable));
    rows = rows.filter((row) => !isLoadable(row));
  }
  await insertRows(tx, table.name, columns, rows, 'INSERT', table.merge);
}

/** Columns in which the whole batch has the default are left out: that halves the time of an import. */
function usedColumns(table: TargetTable, batch: readonly TargetRow[]): number[] {
  const all = table.fields.map((_field, index) => index);
  if (table.name !== 'issues' && table.name !== 'wisps') return all;
  return all.filter((index) => {
    const field = table.fields[index];
    if (!field || ALWAYS_WRITTEN.has(field.name)) return true;
    return batch.some(({ values }) => values[index] !== field.initial);
  });
}
