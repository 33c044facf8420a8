import { join, resolve } from 'node:path';
import { type MadeBackup, makeBackup } from '../../database/backup/make-backup.ts';
import { readBackupRecord } from '../../database/backup/record.ts';
import { serverSessions, transactionSessions, type WithSession } from '../../database/backup/session.ts';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { serverOptions } from '../workspace/connect.ts';
import { endpointText, isOnThisHost, type ServerTarget } from '../workspace/endpoint.ts';
import type { Location } from '../workspace/locate.ts';
import { doltHome } from '../workspace/user-cache.ts';

export interface BackUpOptions {
  /** Where it goes; default `backup.dir`, then `.beads/backup/<database>`. A backup that is there is brought up to date. */
  directory?: string | undefined;
  /** Directory that a relative path starts from; default the one that holds `.beads`. */
  from?: string | undefined;
  onProgress?: ((text: string) => void) | undefined;
}

/**
 * Backs the database up with its history, branches and what is not committed, and verifies the
 * backup. Others may write meanwhile: on a server nobody waits, embedded writers wait while it is
 * copied.
 *
 * @throws AppError VALIDATION for a server on another machine, ALREADY_EXISTS, IDENTITY_MISMATCH,
 *   IO_ERROR, DISK_FULL
 * @example await backUpBeads(beads, { directory: '/mnt/backup/hm' });
 */
export async function backUpBeads(beads: Beads, options: BackUpOptions = {}): Promise<MadeBackup> {
  const { target } = beads.location;
  const { env } = beads.location.settings;
  if (target.mode === 'server') requireSameHost(target, 'a backup');
  return makeBackup({
    directory: backupDirectory(beads.location, options),
    database: beads.db.name,
    source: sessionsOf(beads),
    doltBin: await beads.findDolt(),
    doltHome: doltHome(env),
    env,
    purpose: 'bd backup',
    now: beads.now(),
    onProgress: options.onProgress ?? (() => undefined),
  });
}

/** Where a backup goes, or is. */
export function backupDirectory(location: Location, options: Pick<BackUpOptions, 'directory' | 'from'>): string {
  const { beadsDir, root, settings, target } = location;
  const from = options.from ?? root ?? '/';
  if (options.directory) return resolve(from, options.directory);
  const configured = settings.value('backup.dir');
  if (configured) return resolve(root ?? from, configured);
  if (beadsDir) return join(beadsDir, 'backup', target.database);
  throw new AppError('VALIDATION', 'there is no .beads directory to keep the backup in', {
    hint: 'say where it goes: bd backup DIR',
  });
}

/**
 * What a backup says of itself; the database is not opened.
 *
 * @throws AppError NOT_FOUND
 */
export async function backupStatus(
  location: Location,
  options: Pick<BackUpOptions, 'directory' | 'from'> = {},
): Promise<Omit<MadeBackup, 'updated'>> {
  const directory = backupDirectory(location, options);
  const record = await readBackupRecord(directory);
  if (record) return { directory, record };
  throw new AppError('NOT_FOUND', `there is no complete backup in ${directory}`, { hint: 'bd backup   makes one' });
}

function sessionsOf(beads: Beads): WithSession {
  const { target } = beads.location;
  return target.mode === 'server' ? serverSessions(serverOptions(target)) : transactionSessions(beads.db);
}

/** A server reads and writes files of its own machine. */
export function requireSameHost({ endpoint }: ServerTarget, what: string): void {
  if (endpoint.socket !== undefined || isOnThisHost(endpoint)) return;
  throw new AppError(
    'VALIDATION',
    `${what} goes through files, and the server ${endpointText(endpoint)} is on another machine`,
    {
      hint: 'run the command on that machine; or: bd dolt push   sends the history to a remote',
    },
  );
}
