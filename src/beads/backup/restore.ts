import { join, resolve } from 'node:path';
import { type Consent, obtainConsent, requireConsentFor } from '../../database/backup/consent.ts';
import { finishPlacing, keptPath, placeDatabase } from '../../database/backup/place.ts';
import { type ReadBackup, readBackup } from '../../database/backup/read-backup.ts';
import { findStore, readBackupRecord } from '../../database/backup/record.ts';
import { AppError } from '../../errors.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { removeTree } from '../../util/remove-tree.ts';
import { placeOnServer } from '../bootstrap/place-on-server.ts';
import { databaseExists } from '../migrate/target-database.ts';
import { lockDirectory } from '../workspace/connect.ts';
import { discoverBeads } from '../workspace/discover.ts';
import type { EmbeddedTarget, Target } from '../workspace/endpoint.ts';
import { metadataFor } from '../workspace/init.ts';
import { makeBeadsDir, writeWorkspaceFiles } from '../workspace/init-files.ts';
import { type LocateOptions, type Location, locateBeads } from '../workspace/locate.ts';
import { writeMetadata } from '../workspace/metadata.ts';
import { townRigFinder } from '../workspace/town-rig.ts';
import { doltHome } from '../workspace/user-cache.ts';
import { requireSameHost } from './backup.ts';
import { withDraft } from './draft.ts';
import { quietly } from './quietly.ts';
import { replaceOnServer } from './replace-on-server.ts';

export interface RestoreOptions extends LocateOptions {
  /** The backup: what `bd backup`, `gt dolt backup` or Dolt itself wrote. */
  backup: string;
  consent: Consent;
  findDolt: () => Promise<string>;
  now: Date;
  onProgress: (text: string) => void;
}

export interface RestoreResult {
  readonly beadsDir: string;
  readonly target: Target;
  readonly backup: string;
  /** When the backup was made, ISO time; undefined for one that Dolt made by itself. */
  readonly madeAt: string | undefined;
  readonly projectId: string;
  /** Rows of each table. */
  readonly tables: Readonly<Record<string, number>>;
  /** Where the database is now that was replaced. */
  readonly kept: string | undefined;
}

/**
 * Puts a backup in the place of the workspace's database; where there is no `.beads`, makes one. The backup is verified first, somebody has
 * to type the name of a database that is there, and that database is kept aside in `.beads/backup`.
 * Killed at any moment, another run completes it.
 *
 * @throws AppError NOT_FOUND, VALIDATION without consent, CANCELLED, IDENTITY_MISMATCH for a backup of
 *   another project, IO_ERROR when the backup is damaged, LOCK_TIMEOUT, SERVER_UNREACHABLE
 */
export async function restoreBeads(options: RestoreOptions): Promise<RestoreResult> {
  const named = options.db || options.env['BEADS_DB'] || options.env['BD_DB'];
  if (!named && !discoverBeads({ dir: resolve(options.dir), env: options.env })) return restoreAnew(options);
  return restoreHere(options);
}

/** A project of which nothing is left but the backup: `.beads` is made, and removed when that fails. */
async function restoreAnew(options: RestoreOptions): Promise<RestoreResult> {
  const backup = resolve(options.dir, options.backup);
  await findStore(backup);
  const record = await readBackupRecord(backup);
  if (!record) {
    throw new AppError('NOT_INITIALIZED', `no .beads directory was found, and ${backup} does not say what it is of`, {
      hint: 'bd init --prefix PREFIX   makes one; the database of a project is restored into its own directory',
    });
  }
  const beadsDir = join(resolve(options.dir), '.beads');
  await makeBeadsDir(beadsDir);
  try {
    await writeWorkspaceFiles({ beadsDir, stealth: false, skipAgents: true });
    return await restoreHere({ ...options, backup, db: record.database });
  } catch (error) {
    await removeTree(beadsDir);
    throw error;
  }
}

async function restoreHere(options: RestoreOptions): Promise<RestoreResult> {
  const found = await locateBeads(options);
  const { beadsDir } = found;
  if (beadsDir === undefined) throw new AppError('NOT_INITIALIZED', 'a backup is restored into a .beads directory');
  const lock = await acquireLock({
    directory: join(beadsDir, 'init.lock'),
    temporary: true,
    purpose: 'bd restore',
    subject: 'workspace',
    timeoutMs: 60_000,
  });
  try {
    const target = await reached(found, options);
    const location = { ...found, target };
    const store = { target, env: options.env, purpose: 'bd restore', findDolt: options.findDolt };
    const isThere = await databaseExists(store);
    if (isThere) requireConsentFor(target.database, options.consent);
    const base = target.mode === 'embedded' ? target.dataDir : join(beadsDir, 'backup');
    return await withDraft(base, (parent) => restore(options, location, beadsDir, isThere, parent));
  } finally {
    await lock.release();
  }
}

/** Where the database is, or was: the port of a server that was recorded may be old. */
async function reached({ target, settings }: Location, { env, dir, findRig }: RestoreOptions): Promise<Target> {
  if (target.mode === 'embedded') {
    await finishPlacing(join(target.dataDir, target.database));
    return target;
  }
  requireSameHost(target, 'restoring');
  return placeOnServer(target, settings, findRig ?? townRigFinder(env, dir));
}

async function restore(
  options: RestoreOptions,
  location: Location,
  beadsDir: string,
  isThere: boolean,
  parent: string,
): Promise<RestoreResult> {
  const { target, settings } = location;
  const { env } = settings;
  const program = { doltBin: await options.findDolt(), doltHome: doltHome(env), env };
  const directory = resolve(options.dir, options.backup);
  const backup = await readBackup({
    ...program,
    directory,
    parent,
    database: target.database,
    onProgress: options.onProgress,
  });
  const projectId = requireProject(directory, backup, settings.metadata?.project_id);
  if (isThere) await obtainConsent(target.database, options.consent, question(target, directory, backup));
  const keep = keptPath(join(beadsDir, 'backup', `${target.database}.before-restore`), options.now);
  // An embedded database is kept as it was, so its directory keeps its name; one of a server as a backup.
  const aside = target.mode === 'embedded' ? join(keep, target.database) : keep;
  const kept =
    target.mode === 'embedded'
      ? await replaceEmbedded(target, backup.directory, aside)
      : await replaceOnServer({ ...options, target, backup, isThere, aside, program, scratch: parent });
  if (!settings.metadata?.project_id) {
    await writeMetadata(beadsDir, { ...settings.metadata, ...metadataFor(target, projectId) });
  }
  return {
    beadsDir,
    target,
    backup: directory,
    madeAt: backup.record?.made_at,
    projectId,
    tables: backup.description.tables,
    kept: kept ? aside : undefined,
  };
}

/** Writers wait meanwhile; one that began before it must not go on with the old directory. */
export async function replaceEmbedded(target: EmbeddedTarget, from: string, aside: string): Promise<boolean> {
  const lock = await acquireLock({
    directory: lockDirectory(target),
    purpose: 'replacing the database',
    timeoutMs: 60_000,
  });
  try {
    const replaced = await placeDatabase({ from, to: join(target.dataDir, target.database), aside });
    await quietly();
    return replaced;
  } finally {
    await lock.release();
  }
}

/** @returns the project of the backup */
function requireProject(directory: string, backup: ReadBackup, expected: string | undefined): string {
  const { projectId } = backup.description;
  if (projectId === null) {
    throw new AppError(
      'VALIDATION',
      `${directory} is a backup of a database without issues of bd; nothing was changed`,
      {
        hint: 'gt dolt restore RIG DIR   restores a rig’s database',
      },
    );
  }
  if (expected === undefined || expected === projectId) return projectId;
  throw new AppError(
    'IDENTITY_MISMATCH',
    `PROJECT IDENTITY MISMATCH: ${directory} is a backup of project ${projectId}, and this directory is of ${expected}; nothing was changed`,
    { hint: 'restore it in the directory of its own project' },
  );
}

function question(target: Target, directory: string, { record, description }: ReadBackup): string {
  const issues = description.tables['issues'] ?? 0;
  const from = record ? `from ${record.made_at}` : 'of Dolt’s own';
  return `The database "${target.database}" is in use. It is replaced by the backup ${directory} ${from} with ${issues} issues, and kept aside.`;
}
