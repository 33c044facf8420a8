import { expect, test } from 'vitest';
import { readSchemaStateAnd } from '../../../src/beads/schema/level.ts';
import type { Queryable } from '../../../src/database/types.ts';
import { AppError } from '../../../src/errors.ts';

test('what Dolt did not refuse is not asked again: a lock is waited for once', async () => {
  let asked = 0;
  const refuse = () => {
    asked += 1;
    return Promise.reject(new AppError('LOCK_TIMEOUT', 'database is locked'));
  };
  const db: Queryable = { query: refuse, queryAll: refuse, execute: refuse };
  await expect(readSchemaStateAnd(db, ['SELECT 1'])).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
  expect(asked).toBe(1);
});
