import { ERRNO, sqlErrno } from '../../database/sql-error.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { createRecord, type WriteRecord, type Writing } from './record.ts';

export type { Writing } from './record.ts';

export interface WriteOptions {
  /** Goes before what was done in the message of the Dolt commit: `batch`. */
  label?: string;
  /** The message of the Dolt commit, instead of what was done to what by whom. */
  message?: string;
}

const ID_TRIES = 5;

/**
 * The one way in which issues are written: one turn, one SQL transaction, and with auto-commit one
 * Dolt commit of exactly the tables that changed (none when nothing did). Within `together` it joins
 * the write that is under way.
 *
 * @param command name of the command, for the message when writes are refused
 * @param work may run several times: it must have no effect but through what it is given
 * @throws AppError READ_ONLY, LOCK_TIMEOUT, WRITE_UNCERTAIN, and what `work` throws (then nothing is written)
 * @example await write(ctx, 'close', async (w) => { await w.tx.execute('UPDATE …'); w.changed('issues'); });
 */
export async function write<T>(
  ctx: BeadsContext,
  command: string,
  work: (w: Writing) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  if (ctx.readonly) throw new AppError('READ_ONLY', `operation '${command}' is not allowed in read-only mode`);
  if (ctx.writing) return work(ctx.writing);
  for (let attempt = 1; ; attempt += 1) {
    const records: Records = { attempt, last: undefined };
    try {
      return await writeOnce(ctx, work, options, records);
    } catch (error) {
      // An id that was about to be ours is taken: `work` chooses another one the next time. A
      // duplicate key of a write that chose none is the caller's own.
      const collided = sqlErrno(error) === ERRNO.duplicateKey && records.last?.choseIds;
      if (!collided || attempt === ID_TRIES) throw error;
    }
  }
}

/**
 * Runs several operations as one write: all or nothing, one turn, one Dolt commit. The operations
 * get the context that `work` is given.
 *
 * @example
 * await together(ctx, 'batch', async (inner) => {
 *   await closeIssues(inner, ['hm-a1']);
 *   await createIssue(inner, { title: 'Next' });
 * });
 */
export function together<T>(
  ctx: BeadsContext,
  command: string,
  work: (ctx: BeadsContext) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  return write(ctx, command, (w) => work(w.ctx), options);
}

interface Records {
  readonly attempt: number;
  /** Of the transaction that ran last: it may run several times in one attempt. */
  last: WriteRecord | undefined;
}

async function writeOnce<T>(
  ctx: BeadsContext,
  work: (w: Writing) => Promise<T>,
  options: WriteOptions,
  records: Records,
): Promise<T> {
  const result = await ctx.db.transaction<T>(
    async (tx) => {
      const record = createRecord(ctx, tx, records.attempt);
      records.last = record;
      const value = await work(record.writing);
      await record.insertEvents();
      return value;
    },
    {
      kind: 'write',
      // Asked only after `work` ran; without a record nothing was written.
      isDone: async (db) => (records.last ? records.last.isDone(db) : false),
      doltCommit: () => records.last?.doltCommit(options),
    },
  );
  await records.last?.afterwards();
  return result;
}
