import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import type { BranchState, Description, Fingerprint } from './fingerprint.ts';

/** `backup.json`: what a backup holds, written when it was verified. */
export interface BackupRecord {
  readonly schema_version: 1;
  readonly database: string;
  /** Of beads; null for any other database. */
  readonly project_id: string | null;
  /** ISO time. */
  readonly made_at: string;
  readonly dolt_version: string;
  /** The branch that was used. */
  readonly branch: string;
  readonly branches: readonly BranchState[];
  readonly tags: Fingerprint['tags'];
  readonly remotes: Description['remotes'];
  /** Rows of each table of that branch. */
  readonly tables: Readonly<Record<string, number>>;
}

/** Where things are in a backup's directory. */
export function backupPaths(directory: string) {
  return {
    record: join(directory, 'backup.json'),
    /** Dolt's own backup. */
    store: join(directory, 'dolt'),
    lock: join(directory, '.lock.d'),
  } as const;
}

/** Names that may be in a backup's directory. */
export const BACKUP_ENTRIES = /^(?:backup\.json(?:\..*\.tmp)?|dolt|\.lock\.d|\.check-.*)$/;

/**
 * Reads what a backup says of itself.
 *
 * @returns undefined when there is none, as in one that was interrupted
 * @throws AppError IO_ERROR when it cannot be read or is damaged
 */
export async function readBackupRecord(directory: string): Promise<BackupRecord | undefined> {
  const path = backupPaths(directory).record;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(error, `cannot read ${path}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (error) {
    throw damaged(path, error);
  }
  throw damaged(path, undefined);
}

export function writeBackupRecord(directory: string, record: BackupRecord): Promise<void> {
  return writeFileAtomic(backupPaths(directory).record, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/**
 * The directory of Dolt's backup: within one of ours, or one that `dolt backup` made by itself.
 *
 * @throws AppError NOT_FOUND
 */
export async function findStore(directory: string): Promise<string> {
  for (const candidate of [backupPaths(directory).store, directory]) {
    const found = await stat(join(candidate, 'manifest')).catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  throw new AppError('NOT_FOUND', `${directory} holds no backup`, {
    hint: 'give the directory that bd backup or gt dolt backup wrote',
  });
}

export function fingerprintOf({ branches, tags }: BackupRecord): Fingerprint {
  return { branches, tags };
}

function isRecord(value: unknown): value is BackupRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Partial<BackupRecord>;
  return (
    typeof fields.database === 'string' &&
    typeof fields.made_at === 'string' &&
    typeof fields.branch === 'string' &&
    [fields.branches, fields.tags, fields.remotes].every(Array.isArray) &&
    typeof fields.tables === 'object'
  );
}

function damaged(path: string, cause: unknown): AppError {
  return new AppError('IO_ERROR', `${path} is damaged`, {
    hint: 'what it describes may be whole: without that file it is checked as a backup of Dolt’s own',
    cause,
  });
}
