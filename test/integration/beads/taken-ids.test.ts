import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { createIssue, createIssues } from '../../../src/beads/operations/create.ts';
import { runSql } from '../../../src/beads/operations/sql.ts';
import { type BeadsUnderTest, makeBeads } from './beads-under-test.ts';

let beads: BeadsUnderTest;
let ctx: BeadsContext;
let transactions: number;

beforeEach(async () => {
  beads = await makeBeads('embedded');
  transactions = 0;
  const { db } = beads.ctx;
  ctx = {
    ...beads.ctx,
    db: {
      ...db,
      transaction: (work, options) => {
        transactions += 1;
        return db.transaction(work, options);
      },
    },
  };
});

afterEach(() => beads.dispose());

/** Ids of 1 to `max` characters, of which all with one character are taken. */
async function takeShortIds(max: number): Promise<void> {
  const all = [...'0123456789abcdefghijklmnopqrstuvwxyz'];
  await createIssues(
    ctx,
    all.map((character) => ({ id: `hm-${character}`, title: 'There already' })),
  );
  await ctx.db.execute(
    "REPLACE INTO config (`key`, value) VALUES ('min_hash_length', '1'), ('max_hash_length', ?), ('max_collision_prob', '1')",
    [String(max)],
  );
}

describe('an id that is taken', () => {
  test('is followed by a longer one', async () => {
    await takeShortIds(2);
    expect((await createIssue(ctx, { title: 'New' })).id).toMatch(/^hm-[0-9a-z]{2}$/);
  });

  test('is an error of ours when there is no longer one', async () => {
    await takeShortIds(1);
    const message = 'failed to generate unique ID after trying lengths 1-1 with 10 nonces each';
    await expect(createIssue(ctx, { title: 'New' })).rejects.toMatchObject({ code: 'CONFLICT', message });
    const two = createIssues(ctx, [{ title: 'New' }, { title: 'Newer' }]);
    await expect(two).rejects.toMatchObject({ code: 'CONFLICT', message });
  });
});

test('a duplicate key of the user’s own statement is refused once', async () => {
  await runSql(ctx, "INSERT INTO config (`key`, value) VALUES ('kv.a', '1')");
  transactions = 0;
  const again = runSql(ctx, "INSERT INTO config (`key`, value) VALUES ('kv.a', '2')");
  await expect(again).rejects.toMatchObject({ code: 'SQL_ERROR', errno: 1062 });
  expect(transactions).toBe(1);
});
