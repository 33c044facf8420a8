import { SqlError } from '../../database/sql-error.ts';
import type { Database, Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { readDirtyTables } from './commit.ts';
import { choiceName, type MergeConflict, MergeConflictError } from './merge-conflict.ts';
import { readSchemaConflicts } from './merge-conflicts.ts';
import type { Side } from './merge-rules.ts';
import { solveConflicts } from './merge-solve.ts';
import { resolveCommit } from './revision.ts';

export interface MergeOptions {
  /** What to merge: a branch, also of a remote (`origin/main`), a tag or a commit. */
  revision: string;
  /** The side that wins where both changed the same; without it such a merge is refused. */
  strategy?: Side | undefined;
  /** The side that wins for one conflict, by its `choiceName`; comes before the strategy. */
  choices?: ReadonlyMap<string, Side> | undefined;
  /** Message of the merge commit. */
  message?: string | undefined;
}

export interface MergeResult {
  /** `up-to-date`: nothing to do. `fast-forward`: the branch moved on, without a commit of its own. */
  outcome: 'up-to-date' | 'fast-forward' | 'merged';
  /** Commit that the branch is at now. */
  hash: string;
  /** What the strategy decided. */
  resolved: MergeConflict[];
}

/**
 * Merges another branch into the current one: cell by cell, so that two changes of one issue are no
 * conflict unless they are of the same field. Times of change and counters solve themselves. Either
 * the whole merge is there after, as one Dolt commit, or nothing was changed.
 *
 * @throws MergeConflictError (CONFLICT) when both changed the same and no strategy was given
 * @throws AppError READ_ONLY, NOT_FOUND, CONFLICT for uncommitted changes in the way or no common history
 * @example await mergeRevision(ctx, { revision: 'peer/main', strategy: 'theirs' });
 */
export async function mergeRevision(ctx: BeadsContext, options: MergeOptions): Promise<MergeResult> {
  if (ctx.readonly) throw new AppError('READ_ONLY', "operation 'vc merge' is not allowed in read-only mode");
  const theirs = await resolveCommit(ctx.db, options.revision);
  try {
    const merged = await ctx.db.transaction((tx) => mergeIn(tx, theirs, options), {
      doltCommit: ({ outcome, branch, tables }) =>
        outcome === 'merged'
          ? {
              message: options.message ?? `bd: merge ${options.revision} into ${branch} by ${ctx.actor}`,
              author: ctx.commitAuthor,
              tables,
              allowEmpty: true,
            }
          : undefined,
      isDone: async (db) => (await mergeBase(db, theirs)) === theirs,
    });
    const { outcome, resolved } = merged;
    const hash = outcome === 'merged' ? await findMerge(ctx.db, merged.head, theirs) : merged.head;
    return { outcome, hash, resolved };
  } catch (error) {
    throw explained(error, options.revision);
  }
}

/**
 * The conflicts that merging `theirs` into the current branch would meet. Nothing is changed.
 *
 * @param theirs hash of a commit
 */
export async function foreseeConflicts(db: Database, theirs: string): Promise<readonly MergeConflict[]> {
  try {
    await db.transaction(async (tx) => {
      const base = await mergeBase(tx, theirs);
      const [row] = await tx.query("SELECT DOLT_HASHOF('HEAD') AS hash");
      if (base !== theirs && base !== row?.['hash']) await mergeIn(tx, theirs, { revision: theirs });
      // The transaction must not be committed.
      throw new MergeConflictError([]);
    });
  } catch (error) {
    if (error instanceof MergeConflictError) return error.conflicts;
    throw error;
  }
  return [];
}

interface Merged {
  readonly outcome: MergeResult['outcome'];
  readonly branch: string;
  /** Where the branch was; after a fast-forward, where it is. */
  readonly head: string;
  readonly tables: readonly string[];
  readonly resolved: MergeConflict[];
}

async function mergeIn(tx: Queryable, theirs: string, { strategy, choices }: MergeOptions): Promise<Merged> {
  const [row] = await tx.query("SELECT ACTIVE_BRANCH() AS branch, DOLT_HASHOF('HEAD') AS hash");
  const [branch, head] = [String(row?.['branch']), String(row?.['hash'])];
  const base = await mergeBase(tx, theirs);
  if (base === theirs) return { outcome: 'up-to-date', branch, head, tables: [], resolved: [] };
  if (base === head) {
    await tx.query("CALL DOLT_MERGE('--ff-only', ?)", [theirs]);
    return { outcome: 'fast-forward', branch, head: theirs, tables: [], resolved: [] };
  }
  const dirty = await readDirtyTables(tx);
  await tx.query("CALL DOLT_MERGE('--no-commit', ?)", [theirs]);
  const schemas = await readSchemaConflicts(tx);
  if (schemas.length > 0) {
    throw new AppError('CONFLICT', `both sides changed the schema of ${schemas.join(', ')}; nothing was changed`, {
      hint: 'raise both to the same schema with the tool that made them, then merge again',
    });
  }
  const { open, resolved } = await solveConflicts(
    tx,
    { ours: head, theirs },
    (conflict) => choices?.get(choiceName(conflict)) ?? strategy,
  );
  if (open.length > 0) throw new MergeConflictError(open);
  const tables = (await readDirtyTables(tx)).filter((table) => !dirty.includes(table));
  return { outcome: 'merged', branch, head, tables, resolved };
}

async function mergeBase(db: Queryable, theirs: string): Promise<string> {
  const [row] = await db.query("SELECT DOLT_MERGE_BASE('HEAD', ?) AS base", [theirs]);
  return String(row?.['base']);
}

/** The merge commit; the branch may have moved on since. */
async function findMerge(db: Queryable, ours: string, theirs: string): Promise<string> {
  const rows = await db.query("SELECT commit_hash FROM DOLT_LOG(?, '--parents') WHERE parents = ?", [
    `${ours}..HEAD`,
    `${ours}, ${theirs}`,
  ]);
  const [head] = rows.length > 0 ? [] : await db.query("SELECT DOLT_HASHOF('HEAD') AS commit_hash");
  return String((rows.at(-1) ?? head)?.['commit_hash']);
}

function explained(error: unknown, revision: string): unknown {
  if (!(error instanceof SqlError)) return error;
  if (/stomped by merge|uncommitted changes/i.test(error.message)) {
    return new AppError('CONFLICT', `cannot merge ${revision}: there are uncommitted changes in the way`, {
      hint: 'bd vc status   shows them; bd vc commit -m "…"   commits them; then merge again',
      cause: error,
    });
  }
  if (/no common ancestor/i.test(error.message)) {
    return new AppError('CONFLICT', `${revision} and this branch have no common history, so they cannot be merged`, {
      cause: error,
    });
  }
  return error;
}
