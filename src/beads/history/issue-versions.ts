import type { Queryable, Row } from '../../database/types.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue, rfc3339 } from '../issue-row.ts';
import { type FieldChange, fieldChanges } from './field-changes.ts';
import { side } from './row-changes.ts';

/** An issue as a Dolt commit left it. The first four keys are those of the Go `bd`. */
export interface IssueVersion {
  CommitHash: string;
  Committer: string;
  /** RFC 3339. */
  CommitDate: string;
  Issue: Issue;
  /** Message of the commit. */
  Message: string;
  /** What the commit changed; empty for the one that made the issue. */
  Changes: FieldChange[];
}

/**
 * The versions of an issue in Dolt's history, newest first: one for each commit that changed its own
 * row. A merge counts when it made a row that neither of its parents has. Dolt walks the history
 * until `limit` versions are found, so a limit makes it faster.
 *
 * @param id the whole id
 * @param limit versions at most; 0 means all
 * @example const [latest] = await readVersions(db, 'hm-a1', 1);
 */
export async function readVersions(db: Queryable, id: string, limit: number): Promise<IssueVersion[]> {
  if (limit > 0) {
    const rows = await readSteps(db, id, limit);
    const versions = await versionsOf(db, rows);
    if (rows.length < limit || versions.length === limit) return versions;
    // The steps of a merge do not come together: of one in part nobody knows whether it counts.
  }
  const versions = await versionsOf(db, await readSteps(db, id, Number.MAX_SAFE_INTEGER));
  return limit > 0 ? versions.slice(0, limit) : versions;
}

/** One row for each commit and parent between which the issue's row differs. */
function readSteps(db: Queryable, id: string, most: number): Promise<Row[]> {
  return db.query("SELECT * FROM dolt_diff_issues WHERE to_id = ? AND to_commit <> 'WORKING' LIMIT ?", [id, most]);
}

async function versionsOf(db: Queryable, rows: readonly Row[]): Promise<IssueVersion[]> {
  const steps = new Map<string, Row[]>();
  for (const row of rows) {
    const hash = String(row['to_commit']);
    steps.set(hash, [...(steps.get(hash) ?? []), row]);
  }
  const commits = await readCommits(db, [...steps.keys()]);
  const versions: IssueVersion[] = [];
  for (const [hash, [step, ...others]] of steps) {
    const commit = commits.get(hash);
    if (!step || !commit || 1 + others.length < commit.parents) continue;
    const after = side(step, 'to_');
    versions.push({
      CommitHash: hash,
      Committer: commit.committer,
      CommitDate: commit.date,
      Issue: decodeIssue(after),
      Message: commit.message,
      Changes: step['diff_type'] === 'added' ? [] : fieldChanges(side(step, 'from_'), after),
    });
  }
  return versions;
}

interface CommitFacts {
  readonly committer: string;
  readonly date: string;
  readonly message: string;
  readonly parents: number;
}

const COMMITS_AT_ONCE = 200;

async function readCommits(db: Queryable, hashes: readonly string[]): Promise<Map<string, CommitFacts>> {
  const facts = new Map<string, CommitFacts>();
  for (let start = 0; start < hashes.length; start += COMMITS_AT_ONCE) {
    const some = hashes.slice(start, start + COMMITS_AT_ONCE);
    const places = some.map(() => '?').join(', ');
    // Asked for all parents of one merge, Dolt's server fails: it takes the hash for a unique key.
    const merges = await db.query(
      `SELECT commit_hash FROM dolt_commit_ancestors WHERE commit_hash IN (${places}) AND parent_index = 1`,
      some,
    );
    const rows = await db.query(
      `SELECT commit_hash, committer, date, message FROM dolt_commits WHERE commit_hash IN (${places})`,
      some,
    );
    for (const row of rows) {
      const hash = String(row['commit_hash']);
      facts.set(hash, {
        committer: String(row['committer'] ?? ''),
        date: rfc3339(String(row['date'])),
        message: String(row['message'] ?? ''),
        parents: merges.some((each) => each['commit_hash'] === hash) ? 2 : 1,
      });
    }
  }
  return facts;
}
