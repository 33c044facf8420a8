import { AppError, type ErrorCode } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { MAX_OBJECTS } from '../write/commit-message.ts';
import { createIssue, createIssues } from './create.ts';
import type { NewIssue } from './new-issue.ts';

/** What is found wrong with one of them before anything is committed. After any other error a second try could write twice. */
const OF_ONE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['VALIDATION', 'NOT_FOUND', 'ALREADY_EXISTS']);

interface Waiting {
  readonly input: NewIssue;
  resolve(issue: Issue): void;
  reject(error: unknown): void;
}

/**
 * A `createIssue` for many callers: what they ask for while a write is under way is the next write,
 * with one turn, one COMMIT and one Dolt commit, which names all of its ids. Each caller gets its own
 * issue, or its own error: a write that one of them was refused for is done for each by itself.
 *
 * @example
 * const create = gatherCreates(ctx);
 * const issues = await Promise.all(titles.map((title) => create({ title })));
 */
export function gatherCreates(ctx: BeadsContext): (input: NewIssue) => Promise<Issue> {
  const waiting: Waiting[] = [];
  let writing = false;

  async function writeAll(): Promise<void> {
    // Whoever calls in the same breath comes along.
    await Promise.resolve();
    while (waiting.length > 0) await writeTogether(ctx, waiting.splice(0, MAX_OBJECTS));
    writing = false;
  }

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      if (writing) return;
      writing = true;
      void writeAll();
    });
}

/** Settles every one of them, and never fails itself. */
async function writeTogether(ctx: BeadsContext, batch: readonly Waiting[]): Promise<void> {
  try {
    const inputs = batch.map(({ input }) => input);
    const issues = await createIssues(ctx, inputs);
    for (const [index, issue] of issues.entries()) batch[index]?.resolve(issue);
  } catch (error) {
    const isOfOne = batch.length > 1 && error instanceof AppError && OF_ONE.has(error.code);
    for (const { input, resolve, reject } of batch) {
      if (isOfOne) await createIssue(ctx, input).then(resolve, reject);
      else reject(error);
    }
  }
}
