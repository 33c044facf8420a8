import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { rfc3339 } from '../issue-row.ts';
import { resolveCommit, shortHash } from './revision.ts';

export interface Branch {
  name: string;
  /** Hash of its last commit. */
  hash: string;
  /** RFC 3339. */
  date: string;
  /** Message of its last commit. */
  message: string;
  /** Whether it has changes that are not committed. */
  dirty: boolean;
}

export interface BranchList {
  readonly current: string;
  /** Sorted by name. */
  readonly branches: readonly Branch[];
}

/** @example const { current } = await listBranches(ctx); */
export async function listBranches(ctx: BeadsContext): Promise<BranchList> {
  const rows = await ctx.db.query(
    `SELECT name, hash, latest_commit_date, latest_commit_message, dirty, ACTIVE_BRANCH() AS current
      FROM dolt_branches ORDER BY name`,
  );
  return {
    current: String(rows[0]?.['current'] ?? ''),
    branches: rows.map((row) => ({
      name: String(row['name']),
      hash: String(row['hash']),
      date: rfc3339(String(row['latest_commit_date'])),
      message: String(row['latest_commit_message'] ?? ''),
      dirty: Number(row['dirty'] ?? 0) === 1,
    })),
  };
}

/**
 * Makes a branch; the current one stays current.
 *
 * @param start where it begins, see `resolveRevision`. Default HEAD
 * @returns the hash of the commit that it begins at
 * @throws AppError READ_ONLY, VALIDATION for a name that cannot be, ALREADY_EXISTS, NOT_FOUND
 */
export async function createBranch(ctx: BeadsContext, name: string, start = 'HEAD'): Promise<string> {
  refuseReadonly(ctx);
  requireBranchName(name);
  const hash = await resolveCommit(ctx.db, start);
  await ctx.db.transaction(
    async (tx) => {
      const existing = await findBranch(tx, name);
      if (existing) {
        throw new AppError('ALREADY_EXISTS', `a branch "${name}" exists at ${shortHash(existing.hash)}`, {
          hint: 'choose another name; nothing was changed',
        });
      }
      await tx.query('CALL DOLT_BRANCH(?, ?)', [name, hash]);
    },
    { isDone: async (db) => (await findBranch(db, name))?.hash === hash },
  );
  return hash;
}

/**
 * Deletes a branch whose commits are all in the current one; with `force` any but the current one.
 *
 * @returns the hash of its last commit, from which it can be made again
 * @throws AppError READ_ONLY, NOT_FOUND, CONFLICT for the current branch and, without `force`, for one
 *   with commits or changes of its own
 */
export async function deleteBranch(ctx: BeadsContext, name: string, options: { force: boolean }): Promise<string> {
  refuseReadonly(ctx);
  return ctx.db.transaction(
    async (tx) => {
      const branch = await findBranch(tx, name);
      if (!branch) throw new AppError('NOT_FOUND', `no branch "${name}"`, { hint: 'bd vc branch   lists them' });
      if (branch.current) throw new AppError('CONFLICT', `"${name}" is the branch that bd works on`);
      if (!options.force) await requireMerged(tx, name, branch);
      await tx.query("CALL DOLT_BRANCH('-D', ?)", [name]);
      return branch.hash;
    },
    { isDone: async (db) => (await findBranch(db, name)) === undefined },
  );
}

interface FoundBranch {
  readonly hash: string;
  readonly dirty: boolean;
  readonly current: boolean;
}

async function findBranch(db: Queryable, name: string): Promise<FoundBranch | undefined> {
  const [row] = await db.query(
    'SELECT hash, dirty, name = ACTIVE_BRANCH() AS current FROM dolt_branches WHERE name = ?',
    [name],
  );
  if (!row) return undefined;
  return { hash: String(row['hash']), dirty: Number(row['dirty']) === 1, current: Number(row['current']) === 1 };
}

async function requireMerged(db: Queryable, name: string, branch: FoundBranch): Promise<void> {
  const [row] = await db.query("SELECT DOLT_MERGE_BASE('HEAD', ?) AS base", [branch.hash]);
  const what = row?.['base'] !== branch.hash ? 'commits' : branch.dirty ? 'uncommitted changes' : undefined;
  if (what === undefined) return;
  throw new AppError('CONFLICT', `the branch "${name}" has ${what} that the current one lacks`, {
    hint: `bd vc merge ${name}   takes them over; add --force to lose them`,
  });
}

function refuseReadonly(ctx: BeadsContext): void {
  if (ctx.readonly) throw new AppError('READ_ONLY', "operation 'vc branch' is not allowed in read-only mode");
}

// What Dolt's own check lets pass, but which would be read as an option or another revision.
const MISLEADING = /^(?:-.*|refs\/.*|heads\/.*|remotes\/.*|HEAD|WORKING|STAGED)$/is;
const NAME = /^[\w][\w./-]*$/;

function requireBranchName(name: string): void {
  const hash = /^[0-9a-v]{32}$/.test(name);
  const broken = name.includes('..') || name.includes('//') || /(?:[./]|\.lock)$/.test(name) || name.includes('/.');
  if (NAME.test(name) && !MISLEADING.test(name) && !hash && !broken) return;
  throw new AppError('VALIDATION', `"${name}" cannot be the name of a branch`, {
    hint: 'use letters, digits, and between them . _ - /',
  });
}
