import { AppError } from '../../errors.ts';
import type { DoltProgram } from '../run-dolt.ts';
import { differenceOf } from './fingerprint.ts';
import { type BackupRecord, findStore, fingerprintOf, readBackupRecord } from './record.ts';
import { completeStaged, type StagedDatabase, stageBackup } from './stage.ts';

export interface ReadBackupOptions extends DoltProgram {
  /** The backup; absolute. */
  directory: string;
  /** An empty directory of ours, on the file system that the database is going to be on. */
  parent: string;
  /** Name of the database that is made. */
  database: string;
  onProgress: (text: string) => void;
}

export interface ReadBackup extends StagedDatabase {
  /** Undefined for a backup that Dolt made by itself. */
  readonly record: BackupRecord | undefined;
  /** Directory of Dolt's backup. */
  readonly store: string;
}

/**
 * Makes a database from a backup and verifies it, before anything of the one in use is touched.
 *
 * @throws AppError NOT_FOUND, IO_ERROR when the backup is damaged, DISK_FULL, DOLT_NOT_FOUND
 */
export async function readBackup(options: ReadBackupOptions): Promise<ReadBackup> {
  const { directory } = options;
  const store = await findStore(directory);
  const record = await readBackupRecord(directory);
  options.onProgress(`Reading the backup ${directory}`);
  const staged = await stageBackup({ ...options, store });
  const difference = record && differenceOf(fingerprintOf(record), staged.fingerprint);
  if (difference !== undefined) {
    // Dolt switches a backup to its new state at once, and the record is written after.
    options.onProgress(
      `The backup is of a later run, which was interrupted before its end (${difference}); Dolt verified it`,
    );
  }
  if (staged.fingerprint.branches.length === 0) {
    throw new AppError('IO_ERROR', `the backup ${directory} holds no branch`);
  }
  await completeStaged(options, staged, {
    branch: record?.branch ?? staged.description.branch,
    remotes: record?.remotes ?? [],
  });
  return { ...staged, record, store };
}
