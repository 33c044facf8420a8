import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DriverUnderTest, makeDriver, type Overrides } from './drivers.ts';

const DOLT = process.env['GT_DOLT_BIN'] ?? 'dolt';
let driver: DriverUnderTest;

beforeEach(async () => {
  driver = await makeDriver('embedded');
  await write('CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT)', {});
});

afterEach(() => driver.dispose());

/** As a command does: opens, writes with a Dolt commit, closes. */
async function write(sql: string, overrides: Overrides): Promise<void> {
  const db = await driver.open(overrides);
  try {
    await db.transaction((tx) => tx.execute(sql), {
      doltCommit: { message: 'write', author: 'A <a@b.c>', tables: ['t'] },
    });
  } finally {
    await db.close();
  }
}

const journal = () => join(driver.directory, '.dolt', 'noms', 'v'.repeat(32));
const generations = () => readdirSync(join(driver.directory, '.dolt/noms/oldgen'));

function stored(sql: string): string {
  return execFileSync(DOLT, ['sql', '-r', 'csv', '-q', sql], {
    cwd: driver.directory,
    env: { ...process.env, DOLT_ROOT_PATH: join(driver.directory, '..', '..', 'dolt-home') },
    encoding: 'utf8',
  });
}

test('a writer leaves a long journal tidied, with all that was written', async () => {
  await write("INSERT INTO t VALUES (1, 'short')", {});
  expect(existsSync(journal())).toBe(true);
  const before = statSync(journal()).size;
  await write("INSERT INTO t VALUES (2, 'long')", { tidyFromBytes: before });
  expect(existsSync(journal())).toBe(false);
  expect(stored('SELECT v FROM t ORDER BY id')).toBe('v\nshort\nlong\n');
  expect(stored('SELECT COUNT(*) AS n FROM dolt_log').trim()).toBe('n\n4');
});

test('who only reads tidies nothing', async () => {
  const db = await driver.open({ tidyFromBytes: 1 });
  await db.query('SELECT * FROM t');
  await db.close();
  expect(existsSync(journal())).toBe(true);
});

test.each(['before', 'after'] as const)('a child that dies %s it tidied takes nothing along', async (when) => {
  const order = join(dirname(driver.directory), 'cut');
  writeFileSync(order, '');
  await write("INSERT INTO t VALUES (1, 'kept')", {
    tidyFromBytes: 1,
    doltBin: join(import.meta.dirname, '../../fixtures/cutting-dolt.mjs'),
    env: {
      PATH: process.env['PATH'],
      GT_DOLT_BIN: DOLT,
      CUT_TEXT: 'DOLT_GC',
      CUT_WHEN: when,
      CUT_ORDER: order,
    },
  });
  expect(existsSync(order)).toBe(false);
  expect(stored('SELECT v FROM t')).toBe('v\nkept\n');
  await write("INSERT INTO t VALUES (2, 'after')", { tidyFromBytes: 1 });
  expect(stored('SELECT v FROM t ORDER BY id')).toBe('v\nkept\nafter\n');
});

test('nobody is disturbed by writers that tidy at each write', async () => {
  const WRITERS = 3;
  const WRITES = 6;
  let writing = WRITERS;
  const writer = async (number: number) => {
    for (let each = 0; each < WRITES; each++) {
      await write(`INSERT INTO t VALUES (${number * 100 + each}, REPEAT('x', 2000))`, { tidyFromBytes: 1 });
    }
    writing -= 1;
  };
  let reads = 0;
  const reader = async () => {
    let seen = 0;
    while (writing > 0) {
      const db = await driver.open();
      const [row] = await db.query<{ n: number }>("SELECT COUNT(*) AS n FROM t WHERE v LIKE 'xx%'");
      await db.close();
      expect(Number(row?.n)).toBeGreaterThanOrEqual(seen);
      seen = Number(row?.n);
      reads += 1;
    }
  };
  await Promise.all([writer(1), writer(2), writer(3), reader(), reader(), reader()]);
  expect(stored('SELECT COUNT(*) AS n FROM t').trim()).toBe(`n\n${WRITERS * WRITES}`);
  expect(reads).toBeGreaterThan(WRITES);
  expect(generations().length).toBeGreaterThan(1);
});
