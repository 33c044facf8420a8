import { SqlError } from '../../database/sql-error.ts';
import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';

/** A state of the database in Dolt's history: a commit, or what is not committed yet. */
export interface Revision {
  /** As it was typed. */
  readonly name: string;
  /** What Dolt is asked for: the commit's hash, or WORKING or STAGED. */
  readonly at: string;
  /** Hash of the commit; absent for WORKING and STAGED. */
  readonly hash?: string;
}

const HASH_LENGTH = 32;
// Dolt writes hashes in base 32 with these digits.
const HASH_PART = /^[0-9a-v]{4,31}$/;

/**
 * Finds what a user means: a hash or the beginning of one, a branch, a tag, `HEAD`, an ancestor
 * (`HEAD~2`, `main^`), `WORKING`, `STAGED`. Not within a transaction: an unknown one ends it.
 *
 * @throws AppError NOT_FOUND, or VALIDATION when several hashes begin like that
 * @example const { hash } = await resolveRevision(ctx.db, 'HEAD~1');
 */
export async function resolveRevision(db: Queryable, name: string): Promise<Revision> {
  if (name === 'WORKING' || name === 'STAGED') return { name, at: name };
  const hash = await resolveCommit(db, name);
  return { name, at: hash, hash };
}

/**
 * The hash of the commit that a user means; see {@link resolveRevision}.
 *
 * @throws AppError NOT_FOUND, VALIDATION
 */
export async function resolveCommit(db: Queryable, name: string): Promise<string> {
  const direct = await hashOf(db, name);
  if (direct !== undefined) return direct;
  const [, start = '', ancestor = ''] = /^([^~^]*)(.*)$/s.exec(name) ?? [];
  const whole = HASH_PART.test(start) ? await completeHash(db, start) : undefined;
  const found = whole === undefined ? undefined : ancestor === '' ? whole : await hashOf(db, `${whole}${ancestor}`);
  if (found === undefined) throw unknownRevision(name);
  return found;
}

/** The first letters of a hash, enough for a person: {@link resolveRevision} takes them back. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

async function hashOf(db: Queryable, name: string): Promise<string | undefined> {
  try {
    const [row] = await db.query('SELECT DOLT_HASHOF(?) AS hash', [name]);
    const hash = row?.['hash'];
    return typeof hash === 'string' && hash.length === HASH_LENGTH ? hash : undefined;
  } catch (error) {
    // Dolt has a wording of its own for each way in which a name can be wrong, and one number for all.
    if (error instanceof SqlError && error.code === 'SQL_ERROR') return undefined;
    throw error;
  }
}

async function completeHash(db: Queryable, start: string): Promise<string | undefined> {
  const rows = await db.query('SELECT commit_hash FROM dolt_commits WHERE commit_hash LIKE ? LIMIT 2', [`${start}%`]);
  if (rows.length > 1) {
    throw new AppError('VALIDATION', `several commits begin with "${start}"`, {
      hint: 'use more characters of the hash',
    });
  }
  const hash = rows[0]?.['commit_hash'];
  return hash === undefined ? undefined : String(hash);
}

function unknownRevision(name: string): AppError {
  return new AppError('NOT_FOUND', `no commit, branch or tag "${name}"`, {
    hint: 'bd vc log   lists the commits, bd vc branch the branches; HEAD~1 and WORKING work too',
  });
}
