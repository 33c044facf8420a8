import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { knownStatuses, readKnownWords } from './known-words.ts';
import { readLayers } from './layers.ts';
import { readPage } from './page.ts';
import { readLabels } from './related.ts';

export interface StaleOptions {
  /** Not touched for so many days. Default 30. */
  days?: number;
  /** Only issues in this status; by default all that are not closed. */
  status?: string | undefined;
  /** How many at most; 0 means all. Default 50. */
  limit?: number;
}

/**
 * Issues that nobody has touched for long, the longest first.
 *
 * @throws AppError VALIDATION
 * @example const forgotten = await staleIssues(ctx, { days: 90 });
 */
export async function staleIssues(ctx: BeadsContext, options: StaleOptions = {}): Promise<Issue[]> {
  const days = options.days ?? 30;
  if (!(days >= 1)) throw new AppError('VALIDATION', '--days must be at least 1');
  const statuses = options.status === undefined ? undefined : [options.status];
  const now = ctx.now();
  const layers = await readLayers(ctx.db);
  const { rows } = await readPage(ctx.db, layers, {
    filter: {
      updated: { before: new Date(now.getTime() - days * 86_400_000) },
      ephemeral: false,
      ...(statuses
        ? { statuses: knownStatuses(statuses, await readKnownWords(ctx.db, ctx)) }
        : { excludeStatuses: ['closed'] }),
    },
    sort: 'updated',
    reverse: true,
    limit: options.limit ?? 50,
    now,
  });
  const labels = await readLabels(
    ctx.db,
    layers,
    rows.map(({ row }) => String(row['id'])),
  );
  return rows.map(({ row }) => decodeIssue(row, { labels: labels.get(String(row['id'])) ?? [] }));
}
