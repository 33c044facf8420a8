import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectServer } from '../../../src/database/server.ts';
import type { Database } from '../../../src/database/types.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { type CuttingProxy, startCuttingProxy } from '../../helpers/cutting-proxy.ts';
import { freeze } from '../../helpers/freeze.ts';
import { testPort } from '../../helpers/ports.ts';
import { DATABASE, type DriverUnderTest, makeDriver } from './drivers.ts';

let driver: DriverUnderTest;
let server: BareServer;
let proxy: CuttingProxy;
let db: Database;

beforeAll(async () => {
  driver = await makeDriver('server');
  if (!driver.server) throw new Error('no server');
  server = driver.server;
  const setup = await driver.open();
  await setup.execute('CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL)');
  await setup.close();
});

beforeEach(async () => {
  proxy = await startCuttingProxy(server.port);
  db = await open(proxy.port);
  await db.execute('REPLACE INTO counter VALUES (1, 0)');
});

afterEach(async () => {
  await db.close();
  await proxy.close();
});

afterAll(async () => {
  await server.stop();
  await driver.dispose();
});

const open = (port: number, more = {}) =>
  connectServer({ host: '127.0.0.1', port, user: 'root', database: DATABASE, ...more });

/** What a client that has nothing of ours finds in the database. */
async function stored(): Promise<number> {
  const connection = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: DATABASE });
  const [rows] = await connection.query('SELECT n FROM counter WHERE id = 1');
  await connection.end();
  return (rows as { n: number }[])[0]?.n ?? -1;
}

const isIncremented = async (on: Pick<Database, 'query'>) =>
  (await on.query('SELECT n FROM counter WHERE id = 1'))[0]?.['n'] === 1;

async function increment(isDone?: (on: Pick<Database, 'query'>) => Promise<boolean>): Promise<number> {
  let runs = 0;
  await db.transaction(
    async (tx) => {
      runs += 1;
      await tx.execute('UPDATE counter SET n = n + 1 WHERE id = 1');
    },
    isDone ? { isDone } : {},
  );
  return runs;
}

test.each(['before', 'after'] as const)(
  'a connection lost in the work, %s the server saw it: done again',
  async (when) => {
    proxy.cut('UPDATE counter', when);
    expect(await increment()).toBe(2);
    expect(await stored()).toBe(1);
  },
);

test.each([
  ['before', 2],
  ['after', 1],
] as const)('a connection lost in COMMIT, %s the server saw it: isDone decides', async (when, runs) => {
  proxy.cut('COMMIT', when);
  expect(await increment(isIncremented)).toBe(runs);
  expect(await stored()).toBe(1);
});

test.each(['before', 'after'] as const)('without isDone such a loss is uncertain (%s)', async (when) => {
  proxy.cut('COMMIT', when);
  await expect(increment()).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN' });
  expect(await stored()).toBe(when === 'before' ? 0 : 1);
});

test('a statement in the work that commits by itself makes a loss uncertain', async () => {
  proxy.cut('DOLT_COMMIT', 'after');
  const work = db.transaction(async (tx) => {
    await tx.execute('UPDATE counter SET n = n + 1 WHERE id = 1');
    await tx.query("CALL DOLT_COMMIT('-Am', 'x')");
  });
  await expect(work).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN' });
  expect(await stored()).toBe(1);
});

test('a read whose answer was lost is asked again', async () => {
  proxy.cut('SELECT n', 'after');
  expect(await db.query('SELECT n FROM counter')).toEqual([{ n: 0 }]);
});

test('a call whose answer was lost is not made again', async () => {
  proxy.cut('DOLT_COMMIT', 'after');
  await expect(db.query("CALL DOLT_COMMIT('--allow-empty', '-m', 'y')")).rejects.toMatchObject({
    code: 'WRITE_UNCERTAIN',
  });
});

test.each(['SIGKILL', 'SIGTERM'] as const)('a server that gets %s in the work and comes back', async (signal) => {
  const direct = await open(server.port, { reconnectMs: 60_000 });
  let runs = 0;
  await direct.transaction(async (tx) => {
    runs += 1;
    await tx.execute('UPDATE counter SET n = n + 1 WHERE id = 1');
    if (runs === 1) {
      await server.stop(signal);
      server = await startBareServer({ dataDir: join(driver.directory, '..'), port: server.port });
    }
    await tx.query('SELECT 1');
  });
  expect(runs).toBe(2);
  expect(await stored()).toBe(1);
  await direct.close();
});

test('a server that restarted between two statements is not noticed', async () => {
  const direct = await open(server.port);
  await server.stop();
  server = await startBareServer({ dataDir: join(driver.directory, '..'), port: server.port });
  expect(await direct.query('SELECT n FROM counter')).toEqual([{ n: 0 }]);
  await direct.execute('UPDATE counter SET n = 3');
  expect(await stored()).toBe(3);
  await direct.close();
});

test('a server that does not come back is reported, with what to do', async () => {
  const port = await testPort();
  const error = {
    code: 'SERVER_UNREACHABLE',
    message: expect.stringContaining(`127.0.0.1:${port}`),
    hint: 'gt dolt start',
  };
  await expect(open(port)).rejects.toMatchObject(error);
  const other = await startBareServer({ dataDir: join(driver.directory, '..', '..', 'other'), port });
  const lost = await connectServer({ host: '127.0.0.1', port, user: 'root', database: 'mysql', reconnectMs: 50 });
  await other.stop();
  await expect(lost.query('SELECT 1')).rejects.toMatchObject(error);
  await expect(lost.execute('CREATE TABLE t (i INT)')).rejects.toMatchObject(error);
  await lost.close();
});

test('a wrong user and a wrong database are told apart', async () => {
  await expect(open(server.port, { user: 'nobody' })).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  await expect(open(server.port, { database: 'nowhere' })).rejects.toMatchObject({ code: 'DATABASE_UNKNOWN' });
});

test.each([
  ['COMMIT', {}],
  ['Dolt commit', { doltCommit: { message: 'x', author: 'Ann <ann@example.com>', tables: ['counter'] } }],
])('a writer that takes no turns makes a transaction run again (%s)', async (_, options) => {
  let runs = 0;
  const foreign = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: DATABASE });
  const work = db.transaction(async (tx) => {
    runs += 1;
    const [row] = await tx.query<{ n: number }>('SELECT n FROM counter WHERE id = 1');
    if (runs === 1) await foreign.query('UPDATE counter SET n = 10 WHERE id = 1');
    await tx.execute('UPDATE counter SET n = ? WHERE id = 1', [(row?.n ?? 0) + 1]);
  }, options);
  const neighbours = Array.from({ length: 20 }, (_, n) => db.query('SELECT ? AS n', [n]));
  const writers = Array.from({ length: 5 }, () => db.execute('UPDATE counter SET n = n + 100 WHERE id = 1'));
  await work;
  expect(runs).toBe(2);
  // A connection with answers left over would give them to somebody else.
  expect((await Promise.all(neighbours)).flat()).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })));
  await Promise.all(writers);
  expect(await stored()).toBe(511);
  const later = await Promise.all(Array.from({ length: 20 }, (_, n) => db.query('SELECT ? AS n', [n])));
  expect(later.flat()).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })));
  await foreign.end();
});

test('a server that neither answers nor closes is given up', async () => {
  const impatient = await open(server.port, { statementTimeoutMs: 2_000 });
  await freeze(server.pid);
  try {
    await expect(impatient.query("CALL DOLT_ADD('.')")).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN' });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  expect(await impatient.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await impatient.close();
});

test('more callers than connections all get their turn', async () => {
  const small = await open(server.port, { maxConnections: 2 });
  const rows = await Promise.all(Array.from({ length: 50 }, (_, n) => small.query('SELECT ? AS n', [n])));
  expect(rows.map(([row]) => row?.['n'])).toEqual(Array.from({ length: 50 }, (_, n) => n));
  await small.close();
});
