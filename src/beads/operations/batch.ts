import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { together } from '../write/write.ts';
import type { BatchOperation } from './batch-script.ts';
import { closeIssues } from './close.ts';
import { addComment } from './comments.ts';
import { createIssue } from './create.ts';
import { addDependencies, removeDependency } from './dependencies.ts';
import { addLabel, removeLabel } from './labels.ts';
import { reopenIssues } from './reopen.ts';
import { updateIssues } from './update.ts';

/** What one line of a batch did. */
export interface BatchResult {
  readonly line: number;
  readonly verb: BatchOperation['verb'];
  /** Id of the issue that was written: for `create` the new one. */
  readonly id: string;
}

/**
 * Does many operations as one write, in their order: all or none. A later line may use what an
 * earlier one did.
 *
 * @param options.message message of the Dolt commit
 * @throws AppError of the first line that fails, with its number; nothing is written then
 * @example await runBatch(ctx, parseBatch(script, ctx.now()));
 */
export function runBatch(
  ctx: BeadsContext,
  operations: readonly BatchOperation[],
  options: { message?: string } = {},
): Promise<BatchResult[]> {
  if (operations.length === 0) return Promise.resolve([]);
  return together(
    ctx,
    'batch',
    async (inner) => {
      const results: BatchResult[] = [];
      for (const operation of operations) {
        const { line, verb } = operation;
        results.push({ line, verb, id: await atLine(line, () => run(inner, operation)) });
      }
      return results;
    },
    { label: 'batch', ...options },
  );
}

/** @returns id of the issue that was written */
async function run(ctx: BeadsContext, operation: BatchOperation): Promise<string> {
  switch (operation.verb) {
    case 'close': {
      const { closed, failures } = await closeIssues(ctx, [operation.id], { reason: operation.reason });
      return only(closed, failures);
    }
    case 'reopen': {
      const { reopened, alreadyOpen, failures } = await reopenIssues(ctx, [operation.id], { reason: operation.reason });
      return alreadyOpen[0] ?? only(reopened, failures);
    }
    case 'update':
    case 'claim': {
      const changes = operation.verb === 'claim' ? { claim: true } : operation.changes;
      const { updated, failures } = await updateIssues(ctx, [operation.id], changes);
      return only(updated, failures);
    }
    case 'create':
      return (await createIssue(ctx, operation.issue)).id;
    case 'comment':
      return (await addComment(ctx, operation.id, operation.text)).issue_id;
    case 'label add':
    case 'label remove': {
      const change = operation.verb === 'label add' ? addLabel : removeLabel;
      const { issues, failures } = await change(ctx, [operation.id], operation.label);
      return only(issues, failures);
    }
    case 'dep add': {
      const [change] = await addDependencies(ctx, [operation]);
      return change?.issue.id ?? operation.issue;
    }
    case 'dep remove':
      return (await removeDependency(ctx, operation.issue, operation.dependsOn)).issue.id;
  }
}

function only(done: readonly { readonly id: string }[], failures: readonly AppError[]): string {
  const [failure] = failures;
  if (failure) throw failure;
  return done[0]?.id ?? '';
}

async function atLine<T>(line: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A transaction that must run again knows its error by its class, so only ours are rewritten.
    if (!(error instanceof AppError) || error.constructor !== AppError) throw error;
    throw new AppError(error.code, `line ${line}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
