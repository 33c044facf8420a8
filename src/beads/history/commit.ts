import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';

export interface CommitResult {
  /** False when there was nothing to commit: then no commit was made. */
  committed: boolean;
  /** Hash of the commit that was made, or of the one that the branch is at already. */
  hash: string;
  message: string;
}

/**
 * Commits all that is uncommitted, whoever wrote it, as one Dolt commit. Tables of this clone
 * (`dolt_ignore`) stay out of it. Where nothing changed no commit is made.
 *
 * @param message of the commit
 * @throws AppError READ_ONLY, VALIDATION for an empty message, LOCK_TIMEOUT, WRITE_UNCERTAIN
 * @example await commitAll(ctx, 'Checkpoint before refactor');
 */
export async function commitAll(ctx: BeadsContext, message: string): Promise<CommitResult> {
  if (ctx.readonly) throw new AppError('READ_ONLY', "operation 'vc commit' is not allowed in read-only mode");
  const text = message.trim();
  if (text === '') throw new AppError('VALIDATION', 'the message of a commit cannot be empty');
  let head = '';
  const dirty = await ctx.db.transaction(
    async (tx) => {
      const [row] = await tx.query("SELECT DOLT_HASHOF('HEAD') AS hash");
      head = String(row?.['hash']);
      return readDirtyTables(tx);
    },
    {
      doltCommit: (tables) => (tables.length === 0 ? undefined : { message: text, author: ctx.commitAuthor, tables }),
      isDone: async (db) => (await findCommit(db, head, text)) !== undefined,
    },
  );
  const hash = dirty.length === 0 ? undefined : await findCommit(ctx.db, head, text);
  return { committed: hash !== undefined, hash: hash ?? head, message: text };
}

/** Tables with changes that are not in HEAD, staged or not. Those of `dolt_ignore` are not among them. */
export async function readDirtyTables(db: Queryable): Promise<string[]> {
  const rows = await db.query('SELECT DISTINCT table_name FROM dolt_status ORDER BY table_name');
  return rows.map((row) => String(row['table_name']));
}

/** The first commit with this message that came after `head`: others may have committed since. */
async function findCommit(db: Queryable, head: string, message: string): Promise<string | undefined> {
  const rows = await db.query('SELECT commit_hash FROM DOLT_LOG(?) WHERE message = ?', [`${head}..HEAD`, message]);
  const hash = rows.at(-1)?.['commit_hash'];
  return hash === undefined ? undefined : String(hash);
}
