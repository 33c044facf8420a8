import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';
import type { Metadata } from '../workspace/metadata.ts';

/**
 * Finds the SQLite file of a workspace: the one that `metadata.json` names, `beads.db`, `issues.db`,
 * or the only other `*.db` that is no backup.
 *
 * @returns its path, or undefined when there is none
 * @throws AppError VALIDATION when there are several and nothing says which
 */
export function findLegacyFile(beadsDir: string, metadata: Metadata | undefined): string | undefined {
  const named = metadata?.database;
  const candidates = [...(named?.endsWith('.db') ? [named] : []), 'beads.db', 'issues.db'];
  const found = candidates.map((name) => resolve(beadsDir, name)).find(isFile);
  if (found) return found;
  const others = databasesIn(beadsDir);
  if (others.length > 1) {
    throw new AppError('VALIDATION', `${beadsDir} holds several SQLite databases: ${others.join(', ')}`, {
      hint: `say which one: bd migrate --to-dolt --db ${join(beadsDir, others[0] ?? '')}`,
    });
  }
  return others[0] === undefined ? undefined : join(beadsDir, others[0]);
}

/** The file and what SQLite keeps beside it. */
export function partsOf(source: string): string[] {
  return ['', '-wal', '-shm', '-journal'].map((part) => `${source}${part}`).filter(existsSync);
}

/** Backups beside a SQLite file, of any migration. */
export function backupsIn(beadsDir: string): string[] {
  return readdirSync(beadsDir)
    .filter((name) => name.includes('.backup-') && name.endsWith('.db'))
    .sort()
    .map((name) => join(beadsDir, name));
}

function databasesIn(beadsDir: string): string[] {
  try {
    return readdirSync(beadsDir)
      .filter((name) => name.endsWith('.db') && !basename(name).includes('backup') && isFile(join(beadsDir, name)))
      .sort();
  } catch (error) {
    throw fileError(error, `cannot read ${beadsDir}`);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
