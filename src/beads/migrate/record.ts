import { createHash } from 'node:crypto';
import type { Queryable } from '../../database/types.ts';
import type { TargetRow } from './read-rows.ts';
import { targetTable } from './target-tables.ts';

/**
 * What a database remembers of the migration that filled it: a row of `local_metadata`, which
 * belongs to one clone and is not part of Dolt's history.
 */
export interface MigrationRecord {
  /** UUID of the run. */
  readonly run: string;
  /** Message of the Dolt commit that holds the imported rows. */
  readonly message: string;
  /** Name of the backup that was read. */
  readonly backup: string;
  /** Of this clone, see `repositoryIds`. */
  readonly cloneId: string;
  /** SHA-256 of the rows that are not part of Dolt's history. */
  readonly localRows: string;
}

const KEY = 'sqlite_migration';

/** @returns undefined in a database that no migration filled */
export async function readRecord(db: Queryable): Promise<MigrationRecord | undefined> {
  const [row] = await db.query('SELECT value FROM local_metadata WHERE `key` = ?', [KEY]);
  if (!row) return undefined;
  try {
    const { run, message, backup, cloneId, localRows } = JSON.parse(String(row['value'])) as Record<string, unknown>;
    return {
      run: String(run),
      message: String(message),
      backup: String(backup),
      cloneId: String(cloneId),
      localRows: String(localRows),
    };
  } catch {
    return undefined;
  }
}

export async function writeRecord(tx: Queryable, record: MigrationRecord): Promise<void> {
  await tx.execute('REPLACE INTO local_metadata (`key`, value) VALUES (?, ?)', [KEY, JSON.stringify(record)]);
}

/**
 * Whether nothing was written since the import: then the import may be done again. Only what Dolt's
 * history keeps is looked at.
 */
export async function isUntouched(db: Queryable, record: MigrationRecord): Promise<boolean> {
  const [head] = await db.query('SELECT message FROM dolt_log LIMIT 1');
  const [status] = await db.query('SELECT COUNT(*) AS n FROM dolt_status');
  return head?.['message'] === record.message && Number(status?.['n']) === 0;
}

/** The Dolt commit of the import, or undefined when the history does not have it. */
export async function importCommit(db: Queryable, record: MigrationRecord): Promise<string | undefined> {
  const [row] = await db.query('SELECT commit_hash FROM dolt_log WHERE message = ? LIMIT 1', [record.message]);
  return typeof row?.['commit_hash'] === 'string' ? row['commit_hash'] : undefined;
}

/** Computes, as rows pass, the hash of those that are not part of Dolt's history. */
export function hashLocalRows(rows: Iterable<TargetRow>): { rows: Generator<TargetRow>; digest: () => string } {
  const hash = createHash('sha256');
  function* pass(): Generator<TargetRow> {
    for (const row of rows) {
      if (targetTable(row.table).local) hash.update(JSON.stringify([row.table, ...row.values.map(String)]));
      yield row;
    }
  }
  return { rows: pass(), digest: () => hash.digest('hex') };
}
