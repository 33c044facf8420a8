import type { Queryable } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { rfc3339 } from '../issue-row.ts';
import { resolveCommit } from './revision.ts';

/** One Dolt commit. */
export interface Commit {
  hash: string;
  author: string;
  email: string;
  /** RFC 3339 in UTC, whole seconds. */
  date: string;
  message: string;
  /** Hashes; two for a merge, none for the first commit. */
  parents: string[];
  /** Branches that end here, with those of remotes; absent when there are none. */
  branches?: string[];
  tags?: string[];
}

export interface LogOptions {
  /** Where to start, see `resolveRevision`. Default HEAD. */
  revision?: string | undefined;
  /** Commits at most; 0 means all. */
  limit: number;
  /** Commits to leave out before the first. */
  skip?: number;
}

export interface LogPage {
  readonly commits: readonly Commit[];
  /** The branch that this connection is on. */
  readonly branch: string;
  /** Whether there are older ones that `limit` left out. */
  readonly more: boolean;
}

/**
 * A page of Dolt's history, newest first. Takes as long as the page is, not the history.
 *
 * @throws AppError NOT_FOUND for a revision that there is not
 * @example const { commits } = await readLog(ctx, { limit: 20 });
 */
export async function readLog(ctx: BeadsContext, options: LogOptions): Promise<LogPage> {
  const { db } = ctx;
  const start = options.revision === undefined ? 'HEAD' : await resolveCommit(db, options.revision);
  const skip = options.skip ?? 0;
  // One more than is shown tells whether there are more.
  const limit = options.limit === 0 ? Number.MAX_SAFE_INTEGER : options.limit + 1;
  const rows = await db.query(
    "SELECT commit_hash, committer, email, date, message, parents FROM DOLT_LOG(?, '--parents') LIMIT ? OFFSET ?",
    [start, limit, skip],
  );
  const names = await readNames(db);
  const shown = options.limit === 0 ? rows : rows.slice(0, options.limit);
  return {
    commits: shown.map((row) => {
      const hash = String(row['commit_hash']);
      return {
        hash,
        author: String(row['committer'] ?? ''),
        email: String(row['email'] ?? ''),
        date: rfc3339(String(row['date'])),
        message: String(row['message'] ?? ''),
        parents: String(row['parents'] ?? '')
          .split(', ')
          .filter((parent) => parent !== ''),
        ...names.at(hash),
      };
    }),
    branch: names.current,
    more: rows.length > shown.length,
  };
}

/** The names that point at commits. */
async function readNames(db: Queryable) {
  const rows = await db.query(
    `SELECT ACTIVE_BRANCH() AS name, '' AS hash, 'current' AS kind
      UNION ALL SELECT name, hash, 'branches' FROM dolt_branches
      UNION ALL SELECT REPLACE(name, 'remotes/', ''), hash, 'branches' FROM dolt_remote_branches
      UNION ALL SELECT tag_name, tag_hash, 'tags' FROM dolt_tags`,
  );
  const named = (hash: string, kind: 'branches' | 'tags') => {
    const names = rows.filter((row) => row['hash'] === hash && row['kind'] === kind).map((row) => String(row['name']));
    return names.length === 0 ? {} : { [kind]: names };
  };
  return {
    current: String(rows.find((row) => row['kind'] === 'current')?.['name'] ?? ''),
    at: (hash: string): Pick<Commit, 'branches' | 'tags'> => ({ ...named(hash, 'branches'), ...named(hash, 'tags') }),
  };
}
