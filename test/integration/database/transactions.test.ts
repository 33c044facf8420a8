import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ERRNO } from '../../../src/database/sql-error.ts';
import type { Database, Queryable } from '../../../src/database/types.ts';
import { DRIVERS, type DriverUnderTest, makeDriver } from './drivers.ts';

describe.each(DRIVERS)('transactions of the %s driver', (mode) => {
  let driver: DriverUnderTest;
  let db: Database;

  beforeAll(async () => {
    driver = await makeDriver(mode);
    db = await driver.open();
    await db.execute('CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL)');
    await db.execute('CREATE TABLE log (id INT PRIMARY KEY, text TEXT)');
    await db.query("CALL DOLT_COMMIT('-Am', 'tables')");
  });

  beforeEach(async () => {
    await db.execute('REPLACE INTO counter VALUES (1, 0)');
    await db.execute('DELETE FROM log');
  });

  afterAll(async () => {
    await db?.close();
    await driver?.dispose();
  });

  const count = async (on: Queryable = db) => Number((await on.query('SELECT n FROM counter WHERE id = 1'))[0]?.['n']);

  async function increment(on: Database): Promise<void> {
    await on.transaction(async (tx) => {
      const n = await count(tx);
      await tx.execute('UPDATE counter SET n = ? WHERE id = 1', [n + 1]);
    });
  }

  test('commit together and return what the work returns', async () => {
    const value = await db.transaction(async (tx) => {
      await tx.execute('UPDATE counter SET n = 5 WHERE id = 1');
      await tx.execute("INSERT INTO log VALUES (1, 'x')");
      return count(tx);
    });
    expect(value).toBe(5);
    expect(await count()).toBe(5);
  });

  test('roll back when the work throws', async () => {
    const work = db.transaction(async (tx) => {
      await tx.execute('UPDATE counter SET n = 7 WHERE id = 1');
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await count()).toBe(0);
  });

  test('are over after a statement that failed, even when the work goes on', async () => {
    let after: unknown;
    const work = db.transaction(async (tx) => {
      await tx.execute('UPDATE counter SET n = 7 WHERE id = 1');
      await tx.execute('INSERT INTO counter VALUES (1, 1)').catch(() => undefined);
      after = await tx.query('SELECT 1').catch((error: unknown) => error);
    });
    await expect(work).rejects.toMatchObject({ errno: ERRNO.duplicateKey });
    expect(after).toMatchObject({ code: 'CONFLICT' });
    expect(await count()).toBe(0);
    await increment(db);
    expect(await count()).toBe(1);
  });

  test('take no statement after their end', async () => {
    let kept: Queryable | undefined;
    await db.transaction(async (tx) => {
      kept = tx;
    });
    await expect(kept?.query('SELECT 1')).rejects.toThrow('after the end');
  });

  test('refuse to write when they only read', async () => {
    const work = db.transaction((tx) => tx.execute('UPDATE counter SET n = 9 WHERE id = 1'), { kind: 'read' });
    await expect(work).rejects.toMatchObject({ errno: ERRNO.readOnlyTransaction });
    expect(await count()).toBe(0);
  });

  test('do not lose an increment among 16 callers in one process', async () => {
    await Promise.all(Array.from({ length: 16 }, () => increment(db)));
    expect(await count()).toBe(16);
  });

  test('do not lose an increment among several opened databases', async () => {
    const others = await Promise.all([driver.open(), driver.open(), driver.open()]);
    await Promise.all(Array.from({ length: 16 }, (_, index) => increment(others[index % 3] ?? db)));
    await Promise.all(others.map((other) => other.close()));
    expect(await count()).toBe(16);
  });

  test('make a Dolt commit of the tables that are named, and none when they did not change', async () => {
    const commits = async () => Number((await db.query('SELECT COUNT(*) AS n FROM dolt_log'))[0]?.['n']);
    const before = await commits();
    const doltCommit = (n: number) => ({ message: `n is ${n}`, author: 'Ann <ann@example.com>', tables: ['counter'] });
    await db.transaction(
      async (tx) => {
        await tx.execute('UPDATE counter SET n = 41 WHERE id = 1');
        await tx.execute("INSERT INTO log VALUES (1, 'not in the commit')");
        return 41;
      },
      { doltCommit },
    );
    const [log] = await db.query('SELECT message, committer, email FROM dolt_log LIMIT 1');
    expect(log).toEqual({ message: 'n is 41', committer: 'Ann', email: 'ann@example.com' });
    expect(await db.query("SELECT * FROM log AS OF 'HEAD'")).toEqual([]);
    expect(await db.query('SELECT id FROM log')).toEqual([{ id: 1 }]);
    await db.transaction((tx) => tx.execute("INSERT INTO log VALUES (2, 'y')").then(() => 41), { doltCommit });
    expect(await commits()).toBe(before + 1);
    expect(await db.query('SELECT COUNT(*) AS n FROM log')).toEqual([{ n: 2 }]);
  });

  test.each([
    ['the author is not one', { message: 'x', author: 'nobody', tables: ['counter'] }],
    ['a table does not exist', { message: 'x', author: 'Ann <ann@example.com>', tables: ['counter', 'nowhere'] }],
  ])('commit nothing when the Dolt commit is refused because %s', async (_, doltCommit) => {
    const work = db.transaction((tx) => tx.execute('UPDATE counter SET n = 6 WHERE id = 1'), { doltCommit });
    await expect(work).rejects.toMatchObject({ code: 'SQL_ERROR' });
    expect(await count()).toBe(0);
    await increment(db);
    expect(await count()).toBe(1);
  });

  test('run statements that were started at once one after the other', async () => {
    const rows = await db.transaction((tx) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => tx.query('SELECT ? AS n', [n]))),
    );
    expect(rows.flat()).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })));
  });

  test('wait for a statement under way before they roll back', async () => {
    const work = db.transaction((tx) =>
      Promise.all([tx.query('SELECT SLEEP(0.05)'), tx.execute('DELETE FROM counter'), Promise.reject(new Error('no'))]),
    );
    await expect(work).rejects.toThrow('no');
    expect(await count()).toBe(0);
    await increment(db);
    expect(await count()).toBe(1);
  });

  test('leave nothing behind when they do nothing', async () => {
    expect(await Promise.all([1, 2, 3].map((n) => db.transaction(async () => n)))).toEqual([1, 2, 3]);
    await increment(db);
    expect(await count()).toBe(1);
  });
});
