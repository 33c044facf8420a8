import { randomInt } from 'node:crypto';
import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { recently } from '../recent.ts';
import type { Settings } from '../settings.ts';
import type { Writing } from '../write/record.ts';
import { type HashIdInput, hashSuffix, suffixLength } from './hash-id.ts';
import { findExact } from './resolve.ts';

/** What an id is made from. */
export interface IdSource {
  readonly title: string;
  readonly description: string;
  readonly wisp: boolean;
}

/** Rows that there are, from which the length of new ids follows. */
export interface IssueCounts {
  readonly issues: number;
  readonly wisps: number;
}

/**
 * How many issues there are, which decides how long new ids are: about, as of a second ago. Of the
 * whole table, since Dolt knows that at once.
 */
export function countIssues(ctx: BeadsContext, wisp: boolean): Promise<number> {
  const table = wisp ? 'wisps' : 'issues';
  return recently(ctx.recent, `count ${table}`, () => countRows(ctx.db, table));
}

/** As `countIssues`, as of now. */
export async function countRows(db: Queryable, table: 'issues' | 'wisps'): Promise<number> {
  const [row] = await db.query(`SELECT COUNT(*) AS n FROM ${table}`);
  return Number(row?.['n'] ?? 0);
}

/**
 * New hash ids, all different. A single one is not looked up at first: the primary key refuses a
 * taken one, and then the write is done again. From the second attempt on, and for many at once, a
 * collision is likely, so they are looked up. After ten that are taken they get longer.
 *
 * @param context.counts issues and wisps that there are
 * @param context.attempt of the write, from 1; each starts with one character more
 * @throws AppError CONFLICT when every length was tried
 */
export async function newHashIds(
  tx: Queryable,
  settings: Pick<Settings, 'prefix' | 'idLength'>,
  sources: readonly IdSource[],
  context: { actor: string; at: Date; counts: IssueCounts; attempt: number },
): Promise<string[]> {
  const { min, max } = settings.idLength;
  const taken = new Set<string>();
  const tries = sources.map(() => 0);
  const next = (source: IdSource, index: number): string => {
    const count = (source.wisp ? context.counts.wisps : context.counts.issues) + index;
    const first = Math.min(suffixLength(count, settings.idLength) + context.attempt - 1, max);
    const prefix = source.wisp ? `${settings.prefix}-wisp` : settings.prefix;
    for (;;) {
      const tried = tries[index] ?? 0;
      tries[index] = tried + 1;
      const length = first + Math.floor(tried / NONCES);
      if (length > max) {
        const lengths = `lengths ${min}-${max} with ${NONCES} nonces each`;
        throw new AppError('CONFLICT', `failed to generate unique ID after trying ${lengths}`, {
          hint: 'allow longer ones: bd config set max_hash_length 8',
        });
      }
      const id = `${prefix}-${hashSuffix(length, hashInput(source, context, tried % NONCES))}`;
      if (!taken.has(id)) {
        taken.add(id);
        return id;
      }
    }
  };
  const ids = sources.map(next);
  if (ids.length === 1 && context.attempt === 1) return ids;
  // Ends, for every round takes one of the tries of an id.
  for (;;) {
    const used = await findExact(tx, ids);
    if (used.size === 0) return ids;
    sources.forEach((source, index) => {
      if (used.has(ids[index] ?? '')) ids[index] = next(source, index);
    });
  }
}

function hashInput(source: IdSource, context: { actor: string; at: Date }, nonce: number): HashIdInput {
  return {
    title: source.title,
    description: source.description,
    creator: context.actor,
    // Nobody derives an id again, so the nanoseconds that this clock lacks may be any.
    createdAtNs: BigInt(context.at.getTime()) * 1_000_000n + BigInt(randomInt(1_000_000)),
    nonce,
  };
}

const NONCES = 10;

/**
 * The next number of the counter mode (`issue_id_mode: counter`): `hm-42`. Without a counter yet it
 * goes on after the largest number in use.
 */
export async function newCounterIds(w: Writing, prefix: string, count: number): Promise<string[]> {
  const [row] = await w.tx.query('SELECT last_id FROM issue_counter WHERE prefix = ?', [prefix]);
  let last = row === undefined ? await largestNumber(w.tx, prefix) : Number(row['last_id']);
  const ids: string[] = [];
  while (ids.length < count) {
    const wanted = Array.from({ length: count - ids.length }, (_, index) => `${prefix}-${last + index + 1}`);
    const used = await findExact(w.tx, wanted);
    ids.push(...wanted.filter((id) => !used.has(id)));
    last += wanted.length;
  }
  await w.tx.execute(
    'INSERT INTO issue_counter (prefix, last_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE last_id = VALUES(last_id)',
    [prefix, last],
  );
  w.changed('issue_counter');
  return ids;
}

async function largestNumber(tx: Queryable, prefix: string): Promise<number> {
  const [row] = await tx.query(
    "SELECT MAX(CAST(SUBSTRING(id, ?) AS UNSIGNED)) AS n FROM issues WHERE id > ? AND id < ? AND SUBSTRING(id, ?) REGEXP '^[0-9]+$'",
    [prefix.length + 2, `${prefix}-`, `${prefix}.`, prefix.length + 2],
  );
  return Number(row?.['n'] ?? 0);
}

/**
 * Ids of new children: `parent.N`, numbers that no child had before. The counter moves in the same
 * transaction, so a create that fails takes no number.
 */
export async function newChildIds(w: Writing, parent: string, count: number): Promise<string[]> {
  const from = parent.length + 2;
  const largest = (table: string) =>
    `(SELECT MAX(CAST(SUBSTRING(id, ?) AS UNSIGNED)) FROM ${table} WHERE id > ? AND id < ? AND LOCATE('.', id, ?) = 0)`;
  // All ids below the parent lie between `parent.` and `parent/`, the next character.
  const range = [from, `${parent}.`, `${parent}/`, from];
  const [row] = await w.tx.query(
    `SELECT (SELECT last_child FROM child_counters WHERE parent_id = ?) AS counted, ${largest('issues')} AS issues, ${largest('wisps')} AS wisps`,
    [parent, ...range, ...range],
  );
  const last = Math.max(...['counted', 'issues', 'wisps'].map((key) => Number(row?.[key] ?? 0)));
  await w.tx.execute(
    'INSERT INTO child_counters (parent_id, last_child) VALUES (?, ?) ON DUPLICATE KEY UPDATE last_child = VALUES(last_child)',
    [parent, last + count],
  );
  w.changed('child_counters');
  return Array.from({ length: count }, (_, index) => `${parent}.${last + index + 1}`);
}
