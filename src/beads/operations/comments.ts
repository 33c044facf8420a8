import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { requireFits } from '../field-limits.ts';
import { resolveId } from '../ids/resolve.ts';
import { uuid7 } from '../ids/uuid7.ts';
import type { Comment } from '../issue.ts';
import { rfc3339 } from '../issue-row.ts';
import { tablesOf } from '../tables.ts';
import { insertRows } from '../write/insert-rows.ts';
import { write } from '../write/write.ts';

/**
 * Adds a comment to an issue.
 *
 * @param options.author default: the actor
 * @throws AppError NOT_FOUND, VALIDATION
 * @example await addComment(ctx, 'hm-a1', 'Seen again today');
 */
export async function addComment(
  ctx: BeadsContext,
  input: string,
  text: string,
  options: { author?: string } = {},
): Promise<Comment> {
  const author = options.author || ctx.actor;
  if (text.trim() === '') throw new AppError('VALIDATION', 'comment text cannot be empty');
  requireFits('text', text);
  requireFits('author', author);
  const id = uuid7(ctx.now());
  return write(ctx, 'comments add', async (w) => {
    const issue = await resolveId(w.tx, input);
    const { comments } = tablesOf(issue.wisp);
    await insertRows(
      w.tx,
      comments,
      ['id', 'issue_id', 'author', 'text', 'created_at'],
      [[id, issue.id, author, text, w.now]],
    );
    w.changed(comments);
    w.did('comment', issue.id);
    w.provedBy(async (db) => (await db.query(`SELECT 1 AS one FROM ${comments} WHERE id = ?`, [id])).length > 0);
    return { id, issue_id: issue.id, author, text, created_at: rfc3339(w.now) };
  });
}
