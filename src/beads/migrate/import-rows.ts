import type { Database, DoltCommit, Queryable } from '../../database/types.ts';
import { loadPortion, readsFiles } from './load-rows.ts';
import { discardPortion, type Portion, portionsOf } from './portions.ts';
import type { TargetRow } from './read-rows.ts';
import { createRecycledDatabase } from './recycled-database.ts';
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

/** A `dolt sql` child grows with each row that it writes. */
const CHILD_ROWS = 20_000;

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
  const files = (await readsFiles(db, options.directory)) ? options.directory : undefined;
  await db.transaction(
    async (tx) => {
      await prepare?.(tx);
      await importPortions(options, files, (portion) => loadPortion(tx, portion));
      await options.finish(tx);
    },
    { doltCommit: options.commit, isDone: options.isDone },
  );
}

/**
 * Imports into a database that nobody else knows yet: in many transactions, and now and then with a
 * new process of Dolt, whose memory would grow otherwise.
 */
export async function importInSteps(open: () => Promise<Database>, options: ImportOptions): Promise<void> {
  const database = createRecycledDatabase(open, CHILD_ROWS);
  try {
    const files = (await readsFiles(await database.use(0), options.directory)) ? options.directory : undefined;
    await importPortions(options, files, async (portion) => {
      const db = await database.use(portion.count);
      await db.transaction((tx) => loadPortion(tx, portion));
    });
    const db = await database.use(0);
    await db.transaction(options.finish, { doltCommit: options.commit });
  } finally {
    await database.close();
  }
}

/** While a portion is loaded the next one is read. */
async function importPortions(
  { rows, onRows }: ImportOptions,
  files: string | undefined,
  load: (portion: Portion) => Promise<void>,
): Promise<void> {
  const turns = createTurns();
  for await (const portion of portionsOf(rows(), files, turns.breathe)) {
    await turns.next(async () => {
      await load(portion).finally(() => discardPortion(portion));
      onRows(portion.count);
    });
  }
  await turns.end();
}
