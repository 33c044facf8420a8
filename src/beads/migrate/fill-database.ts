import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createEmbedded } from '../../database/create-embedded.ts';
import type { Database, Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { createSchema } from '../schema/create.ts';
import { ensureLocalTables, readSchemaState } from '../schema/level.ts';
import type { EmbeddedTarget } from '../workspace/endpoint.ts';
import { makeStore, readAuthor } from '../workspace/init-store.ts';
import { compareRows } from './compare-rows.ts';
import { type ImportOptions, importAtOnce, importInSteps } from './import-rows.ts';
import { inspectDatabase } from './inspect-database.ts';
import type { LegacyBeads } from './legacy-rows.ts';
import { countRows } from './progress.ts';
import { hashLocalRows, isUntouched, type MigrationRecord, readRecord, writeRecord } from './record.ts';
import { createRecycledDatabase } from './recycled-database.ts';
import type { Report } from './report.ts';
import {
  databaseExists,
  embeddedStart,
  openEmbeddedAt,
  openTargetDatabase,
  recycledTarget,
  type TargetOptions,
} from './target-database.ts';
import { TARGET_TABLES, VERSIONED_TARGETS } from './target-tables.ts';

export interface FillOptions extends TargetOptions {
  legacy: LegacyBeads;
  prefix: string;
  /** For a new database. */
  projectId: string;
  /** What `metadata.json` says: another project's database is refused. */
  expectedProjectId: string | undefined;
  named: boolean;
  commitAuthor: string;
  repoId: string;
  cloneId: string;
  /** Name of the backup that is read. */
  backup: string;
  /** A directory of ours, for rows on their way. */
  staging: string;
  /** A new one for each pass over the rows. */
  report: () => Report;
  onProgress: (text: string) => void;
}

export interface FilledDatabase {
  readonly projectId: string;
  /** Whether an earlier run had filled it, and it was only compared. */
  readonly resumed: boolean;
}

/**
 * Makes sure that a database holds what SQLite holds, row by row: imports and compares. A database
 * that an earlier run filled is compared and used, or, when nobody wrote to it since, filled again.
 *
 * @throws AppError ALREADY_EXISTS when the database is somebody else's, CONFLICT when the rows differ
 */
export async function fillDatabase(options: FillOptions): Promise<FilledDatabase> {
  const { target } = options;
  const exists = await databaseExists(options);
  if (!exists && target.mode === 'embedded') return fillNewEmbedded(options, target);
  if (!exists) await makeSchema(options);
  const found = await withDatabase(options, (db) =>
    inspectDatabase(db, {
      projectId: options.expectedProjectId,
      prefix: options.prefix,
      cloneId: options.cloneId,
      named: options.named,
    }),
  );
  if (found.record) return refill(options, found.projectId ?? options.projectId, found.record);
  const projectId = found.projectId ?? (await makeSchema(options));
  await withDatabase(options, async (db) => {
    // A run that was killed right after the Dolt commit of the schema has not made them.
    await ensureLocalTables(db, (await readSchemaState(db)).missingLocalTables);
    await importAtOnce(db, importOptions(options));
  });
  await requireEqual(options);
  return { projectId, resumed: false };
}

/** Filled and compared beside its place, and moved there when it is whole. */
function fillNewEmbedded(options: FillOptions, target: EmbeddedTarget): Promise<FilledDatabase> {
  return embeddedStart(options, target).then((start) => {
    const place = {
      ...start,
      directory: join(target.dataDir, target.database),
      author: readAuthor(options.commitAuthor),
    };
    return createEmbedded(place, async (directory) => {
      const open = () => openEmbeddedAt(options, target, directory);
      const db = await open();
      await createSchema(db, options).finally(() => db.close());
      // The only one that its Dolt reads files from.
      await importInSteps(open, importOptions(options, directory));
      await requireEqual(options, open);
      return { projectId: options.projectId, resumed: false };
    });
  });
}

async function makeSchema(options: FillOptions): Promise<string> {
  const made = await makeStore({ ...options, join: true, remote: undefined });
  return made.projectId;
}

/** Another run came as far as this, and was ended before the switch; SQLite may have changed since. */
async function refill(options: FillOptions, projectId: string, record: MigrationRecord): Promise<FilledDatabase> {
  options.onProgress(`Comparing with "${options.target.database}", which an earlier run filled`);
  const differences = await compare(options);
  if (differences.length === 0) return { projectId, resumed: true };
  const untouched = await withDatabase(options, (db) => isUntouched(db, record));
  if (!untouched) {
    throw new AppError(
      'CONFLICT',
      `the database "${options.target.database}" was filled by an earlier migration and written to since, and SQLite has changed too: ${differences[0]}`,
      { hint: 'choose another name: bd migrate --to-dolt --database NAME' },
    );
  }
  await withDatabase(options, (db) => importAtOnce(db, importOptions(options), clear));
  await requireEqual(options);
  return { projectId, resumed: false };
}

/** Only what an import of ours wrote, and nobody after it. */
async function clear(tx: Queryable): Promise<void> {
  for (const table of [...TARGET_TABLES.values()].reverse()) {
    if (table.merge === undefined || table.name.startsWith('custom_')) await tx.execute(`DELETE FROM ${table.name}`);
  }
}

function importOptions(options: FillOptions, directory = options.staging): ImportOptions {
  const { legacy, prefix, commitAuthor, backup, cloneId } = options;
  const message = `Migrate from SQLite: ${legacy.issues} issues imported\n\nBackup: ${backup}`;
  const run = randomUUID();
  let digest = () => '';
  let onRows = (_rows: number): void => undefined;
  return {
    rows: () => {
      onRows = countRows('Imported', legacy.rows, options.onProgress);
      const pass = hashLocalRows(legacy.rowsForDolt(prefix, options.report()));
      digest = pass.digest;
      return pass.rows;
    },
    finish: (tx) => writeRecord(tx, { run, message, backup, cloneId, localRows: digest() }),
    isDone: async (db) => (await readRecord(db))?.run === run,
    commit: { message, author: commitAuthor, tables: VERSIONED_TARGETS },
    onRows: (rows) => onRows(rows),
    directory,
  };
}

async function requireEqual(options: FillOptions, open?: () => Promise<Database>): Promise<void> {
  options.onProgress('Comparing every row');
  const differences = await compare(options, open);
  if (differences.length === 0) return;
  throw new AppError(
    'CONFLICT',
    `${differences.length} rows of Dolt are not what SQLite says, so nothing was switched: ${differences.slice(0, 3).join('; ')}`,
    { hint: 'SQLite is as it was; this is a defect: report it with the rows that are named' },
  );
}

async function compare(options: FillOptions, open?: () => Promise<Database>): Promise<string[]> {
  const source = open ? createRecycledDatabase(open, 20_000) : recycledTarget(options);
  try {
    const onRows = countRows('Compared', options.legacy.rows, options.onProgress);
    const { differences } = await compareRows(source, options.legacy.rowsForDolt(options.prefix, options.report()), {
      onRows,
    });
    return differences.map(({ table, row, message }) => `${table} ${row} ${message}`);
  } finally {
    await source.close();
  }
}

async function withDatabase<T>(options: FillOptions, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openTargetDatabase(options);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
