import { chmod } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { doltFileUrl } from '../file-url.ts';
import { type DoltProgram, doltFailure, runDolt } from '../run-dolt.ts';
import { sqlLiteral } from '../sql-text.ts';
import { type Description, describeDatabase, type Fingerprint, readFingerprint } from './fingerprint.ts';
import { directorySessions } from './session.ts';

export interface StageOptions extends DoltProgram {
  /** Directory of Dolt's backup. */
  store: string;
  /** An empty directory of ours, in which the database's directory is made. */
  parent: string;
  database: string;
  onProgress: (text: string) => void;
}

/** A database that was made from a backup, and is nobody's yet. */
export interface StagedDatabase {
  /** Holds `.dolt`. */
  readonly directory: string;
  readonly fingerprint: Fingerprint;
  readonly description: Description;
}

/**
 * Makes a database from a backup, beside its place, and lets Dolt verify every chunk of it.
 *
 * @throws AppError IO_ERROR when the backup is damaged, DISK_FULL, DOLT_NOT_FOUND
 */
export async function stageBackup(options: StageOptions): Promise<StagedDatabase> {
  const { store, parent, database } = options;
  const directory = join(parent, database);
  // The command `dolt backup restore` asks for a configured committer, the procedure does not.
  const call = `CALL DOLT_BACKUP('restore', ${sqlLiteral(doltFileUrl(store))}, ${sqlLiteral(database)})`;
  const restored = await runDolt(options, ['sql', '-q', call], parent);
  if (restored.failed) throw doltFailure(`the backup ${store} cannot be restored`, restored.output);
  await chmod(directory, 0o700);
  options.onProgress('Verifying every chunk');
  const checked = await runDolt(options, ['fsck', '--quiet'], directory);
  if (checked.failed) throw doltFailure(`the backup ${store} is damaged`, checked.output);
  return { directory, ...(await inspect(options, directory)) };
}

function inspect(options: StageOptions, directory: string): Promise<Omit<StagedDatabase, 'directory'>> {
  const { database } = options;
  return directorySessions(
    options,
    directory,
    database,
  )(async (session) => ({
    fingerprint: await readFingerprint(session, database),
    description: await describeDatabase(session, database),
  }));
}

/** What no backup of Dolt's holds: the remotes, and which branch was used. */
export async function completeStaged(
  program: DoltProgram,
  staged: StagedDatabase,
  wanted: { readonly branch: string; readonly remotes: Description['remotes'] },
): Promise<void> {
  const known = new Set(staged.description.remotes.map(({ name }) => name));
  const missing = wanted.remotes.filter(({ name }) => !known.has(name));
  if (missing.length > 0) {
    await directorySessions(
      program,
      staged.directory,
      basename(staged.directory),
    )(async (session) => {
      for (const { name, url } of missing) {
        await session.run(`CALL DOLT_REMOTE('add', ${sqlLiteral(name)}, ${sqlLiteral(url)})`);
      }
    });
  }
  if (staged.description.branch === wanted.branch) return;
  if (!staged.fingerprint.branches.some(({ name }) => name === wanted.branch)) return;
  const done = await runDolt(program, ['checkout', wanted.branch], staged.directory);
  if (done.failed) throw doltFailure(`branch "${wanted.branch}" cannot be checked out`, done.output);
}
