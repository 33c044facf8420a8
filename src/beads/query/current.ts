import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { readLastTouched } from '../write/side-files.ts';
import { readLayers } from './layers.ts';
import { readPage } from './page.ts';

/**
 * The id of the issue that the actor works on: the one in progress or on the hook that was touched
 * last, else the one that was written last from this directory.
 *
 * @throws AppError NOT_FOUND when there is none
 */
export async function currentIssue(ctx: BeadsContext): Promise<string> {
  const { rows } = await readPage(ctx.db, await readLayers(ctx.db), {
    filter: { statuses: ['in_progress', 'hooked'], assignee: ctx.actor },
    sort: 'updated',
    limit: 1,
    now: ctx.now(),
  });
  const inWork = rows[0]?.row['id'];
  if (inWork !== undefined) return String(inWork);
  const touched = ctx.beadsDir === undefined ? undefined : await readLastTouched(ctx.beadsDir);
  if (touched !== undefined) return touched;
  throw new AppError('NOT_FOUND', `no issue is in work for ${ctx.actor}, and none was touched last`, {
    hint: 'bd list --status in_progress',
  });
}
