import type { BeadsContext } from '../context.ts';
import { type UpdateResult, updateIssues } from './update.ts';

/**
 * Puts issues aside, until a time or until they are taken up again.
 *
 * @param options.until RFC 3339
 * @example await deferIssues(ctx, ['hm-a1'], { until: '2027-01-01T00:00:00Z' });
 */
export function deferIssues(
  ctx: BeadsContext,
  inputs: readonly string[],
  options: { until?: string } = {},
): Promise<UpdateResult> {
  return updateIssues(ctx, inputs, {
    status: 'deferred',
    ...(options.until === undefined ? {} : { defer_until: options.until }),
  });
}

/** Takes issues up again that were put aside. */
export function undeferIssues(ctx: BeadsContext, inputs: readonly string[]): Promise<UpdateResult> {
  return updateIssues(ctx, inputs, { status: 'open', defer_until: null });
}
