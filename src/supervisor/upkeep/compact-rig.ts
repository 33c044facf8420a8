import { join } from 'node:path';
import { compactBranch } from '../../database/compact/compact-branch.ts';
import { AppError } from '../../errors.ts';
import { directoryBytes } from '../../util/directory-bytes.ts';
import { backUpRig } from '../backup-rig.ts';
import { type RigAccess, rigSessions } from '../rig-sessions.ts';

export interface CompactRigOptions extends RigAccess {
  readonly olderThan: Date;
  /** Rewrite the history also where remotes have it: they no longer share it then. */
  readonly shared: boolean;
  readonly now: Date;
  onProgress(text: string): void;
}

/** The JSON of `gt dolt compact`. */
export interface CompactedRig {
  rig: string;
  branch: string;
  commits_before: number;
  commits_after: number;
  /** How many commits became one; 0 when none was old enough, and then nothing was done. */
  squashed: number;
  head: string;
  /** Directory of the backup that was made first; null when nothing was to be done. */
  backup: string | null;
  /** Branches and tags that keep the old history, and its space. */
  still_kept_by: string[];
  bytes_before: number;
  bytes_after: number;
}

const AUTHOR = 'gt dolt compact <beads@local>';

/**
 * Makes one commit of a rig's old ones, after a verified backup, and has Dolt give back the space.
 * Works while the server runs; other clients that write take their turn meanwhile.
 *
 * @throws AppError CONFLICT where remotes have the history, RIG_WITHOUT_DATABASE, SERVER_NOT_RUNNING,
 *   LOCK_TIMEOUT, and what a backup throws; then the history is as it was
 */
export async function compactRig(options: CompactRigOptions): Promise<CompactedRig> {
  const { paths, status, olderThan, now, onProgress } = options;
  const { rig } = status;
  const withSession = rigSessions(options);
  const remotes = await withSession(async (session) => (await session.run('SELECT name FROM dolt_remotes')).rows);
  if (remotes.length > 0 && !options.shared) {
    const names = remotes.map((row) => String(row['name'])).join(', ');
    throw new AppError('CONFLICT', `rig "${rig}" shares its history with remotes (${names}); nothing was changed`, {
      hint: 'with --shared it is rewritten all the same: every other clone has to be made anew',
    });
  }
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const bytes_before = directoryBytes(paths.rig(rig)) ?? 0;
  const directory = join(paths.backup(rig), '..', `${rig}-before-compact-${stamp}`);
  const before = async () => (await backUpRig({ ...options, directory })).directory;
  const { backup, made, kept } = await withSession(async (session) => {
    let backup: string | null = null;
    const made = await compactBranch(session, {
      ...{ database: rig, olderThan, author: AUTHOR, onProgress },
      async before() {
        backup = await before();
      },
    });
    const kept = await session.run('SELECT name FROM dolt_branches UNION ALL SELECT tag_name FROM dolt_tags');
    return { backup, made, kept: kept.rows.map((row) => String(row['name'])).filter((name) => name !== made.branch) };
  });
  if (made.squashed > 0) {
    onProgress('giving back the space');
    await withSession((session) => session.run("CALL DOLT_GC('--full')"));
  }
  return {
    rig,
    branch: made.branch,
    commits_before: made.commitsBefore,
    commits_after: made.commitsAfter,
    squashed: made.squashed,
    head: made.head,
    backup,
    still_kept_by: kept,
    bytes_before,
    bytes_after: directoryBytes(paths.rig(rig)) ?? 0,
  };
}
