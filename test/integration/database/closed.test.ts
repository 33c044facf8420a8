import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DRIVERS, type DriverUnderTest, makeDriver } from './drivers.ts';

describe.each(DRIVERS)('%s', (mode) => {
  let driver: DriverUnderTest;
  beforeAll(async () => {
    driver = await makeDriver(mode);
  });
  afterAll(() => driver.dispose());

  test('a closed database says so with a code', async () => {
    const db = await driver.open();
    await db.query('SELECT 1 AS one');
    await db.close();
    await expect(db.query('SELECT 1 AS one')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(db.transaction((tx) => tx.query('SELECT 1 AS one'))).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
