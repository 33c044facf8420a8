import { expect, test } from 'vitest';
import { isHeldElsewhere, sqlError } from '../../../src/database/sql-error.ts';

test('only what Dolt itself says tells that another process holds the database', () => {
  // Said by Dolt 1.86.4 while another `dolt sql` had the database open.
  const said = 'cannot update manifest: database is read only';
  expect(isHeldElsewhere(sqlError(1105, said))).toBe(true);
  expect(isHeldElsewhere(sqlError(1105, `fatal: Unexpected error creating branch 'x' : ${said}`))).toBe(true);
  expect(isHeldElsewhere(sqlError(1062, `duplicate unique key given: [${said}]`))).toBe(false);
  expect(isHeldElsewhere(sqlError(1105, "table not found: 'database is read only'"))).toBe(false);
  expect(isHeldElsewhere(sqlError(1105, `Incorrect integer value: '${said}'`))).toBe(false);
  expect(isHeldElsewhere(new Error(said))).toBe(false);
});
