import type { BeadsContext } from '../context.ts';
import { resolveId } from '../ids/resolve.ts';
import type { Comment } from '../issue.ts';
import { tablesOf } from '../tables.ts';
import { readComments } from './related.ts';

/**
 * The comments on one issue, oldest first.
 *
 * @param input id, whole or in part
 * @throws AppError NOT_FOUND
 */
export async function commentsOf(ctx: BeadsContext, input: string): Promise<{ id: string; comments: Comment[] }> {
  const { id, wisp } = await resolveId(ctx.db, input);
  const comments = await readComments(ctx.db, [tablesOf(wisp)], [id]);
  return { id, comments: comments.get(id) ?? [] };
}
