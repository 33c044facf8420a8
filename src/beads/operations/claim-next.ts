import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { loadIssues, reloadIssues } from '../lookup.ts';
import { type ReadyOptions, readyWork } from '../query/ready.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';
import { claimFound } from './claim.ts';

/**
 * Takes the first ready issue that nobody has for the actor.
 *
 * @param options narrows what is ready; its limit is ignored
 * @returns the issue with its labels, or undefined when there is none
 * @example const issue = await claimReady(ctx, { filter: { labels: ['ui'] } });
 */
export function claimReady(ctx: BeadsContext, options: ReadyOptions = {}): Promise<Issue | undefined> {
  return write(ctx, 'claim ready', (w) => claimNext(w, options));
}

export async function claimNext(w: Writing, options: ReadyOptions = {}): Promise<Issue | undefined> {
  const ready = await readyWork(w.ctx, {
    ...options,
    filter: { ...options.filter, unassigned: true },
    limit: 1,
  });
  const [first] = ready.issues;
  if (!first) return undefined;
  const found = (await loadIssues(w.tx, [first.id])).get(first.id);
  if (!found) return undefined;
  await claimFound(w, found);
  const [claimed] = await reloadIssues(w.tx, [found.id]);
  return claimed;
}
