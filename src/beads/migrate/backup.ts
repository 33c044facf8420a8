import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, link, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';

export interface Backup {
  readonly path: string;
  /** False when an earlier run had made the same one. */
  readonly made: boolean;
}

export interface BackupOptions {
  /** Where backups are kept: `.beads`. */
  directory: string;
  /** The SQLite file, after which a backup is named. */
  source: string;
  /** Its copy, on the same file system if possible. */
  snapshot: string;
  now: Date;
}

/**
 * Keeps a snapshot of a SQLite file as `beads.backup-pre-dolt-YYYYMMDD-HHMMSS.db`, mode 0600. A
 * backup with the same content that is there already is used.
 *
 * @throws AppError DISK_FULL, IO_ERROR
 */
export async function keepBackup({ directory, source, snapshot, now }: BackupOptions): Promise<Backup> {
  const stem = basename(source).replace(/\.db$/, '');
  const known = await findBackup(directory, `${stem}.backup-pre-dolt-`, snapshot);
  if (known) return { path: known, made: false };
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  for (let number = 1; ; number += 1) {
    const path = join(directory, `${stem}.backup-pre-dolt-${time}${number === 1 ? '' : `-${number}`}.db`);
    try {
      await place(snapshot, path);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') continue;
      throw fileError(error, `cannot write the backup ${path}`);
    }
    if ((await digest(path)) !== (await digest(snapshot))) {
      await rm(path, { force: true });
      throw new AppError('IO_ERROR', `the backup ${path} does not read back as it was written; it was removed`);
    }
    return { path, made: true };
  }
}

/** A second name for the snapshot is a backup at once; where that cannot be, it is copied. */
async function place(snapshot: string, path: string): Promise<void> {
  await chmod(snapshot, 0o600);
  try {
    await link(snapshot, path);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error;
    await copyFile(snapshot, path, constants.COPYFILE_EXCL);
  }
}

async function findBackup(directory: string, prefix: string, snapshot: string): Promise<string | undefined> {
  const { size } = await stat(snapshot);
  const names = (await readdir(directory)).filter((name) => name.startsWith(prefix) && name.endsWith('.db'));
  for (const path of names.sort().map((name) => join(directory, name))) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && found.size === size && (await digest(path)) === (await digest(snapshot))) return path;
  }
  return undefined;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
