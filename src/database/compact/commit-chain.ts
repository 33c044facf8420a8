import type { Session } from '../backup/session.ts';
import { sqlLiteral } from '../sql-text.ts';

/** A commit, as it is written again. */
export interface ChainedCommit {
  readonly hash: string;
  readonly message: string;
  /** `Name <email>` */
  readonly author: string;
  /** ISO, whole seconds. */
  readonly date: string;
}

/**
 * The commits that lead from the first one to the head of a branch by first parents, oldest first.
 * What was merged is in the merge.
 */
export async function readChain(session: Session, head: string): Promise<ChainedCommit[]> {
  const { rows: edges } = await session.run(
    'SELECT commit_hash, parent_hash FROM dolt_commit_ancestors WHERE parent_index = 0',
  );
  const parents = new Map(edges.map((row) => [String(row['commit_hash']), row['parent_hash']]));
  const { rows } = await session.run(
    `SELECT commit_hash, committer, email, message, DATE_FORMAT(date, '%Y-%m-%dT%H:%i:%sZ') AS at FROM dolt_log(${sqlLiteral(head)})`,
  );
  const commits = new Map(
    rows.map((row) => {
      const hash = String(row['commit_hash']);
      const author = `${row['committer']} <${row['email']}>`;
      return [hash, { hash, message: String(row['message'] ?? ''), author, date: String(row['at']) }];
    }),
  );
  const chain: ChainedCommit[] = [];
  for (let hash: unknown = head; typeof hash === 'string'; hash = parents.get(hash)) {
    const commit = commits.get(hash);
    if (commit) chain.push(commit);
  }
  return chain.reverse();
}
