import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../../../src/database/types.ts';
import { startBareServer } from '../../helpers/bare-server.ts';
import { freeze } from '../../helpers/freeze.ts';
import { type DriverUnderTest, makeDriver, type Overrides } from './drivers.ts';

let driver: DriverUnderTest;
let db: Database;
const opened: Database[] = [];

beforeAll(async () => {
  driver = await makeDriver('embedded');
  const setup = await driver.open();
  await setup.execute('CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL)');
  await setup.execute('CREATE TABLE texts (id INT PRIMARY KEY, v LONGTEXT)');
  await setup.close();
});

beforeEach(async () => {
  db = await open();
  await db.execute('REPLACE INTO counter VALUES (1, 0)');
});

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

afterAll(() => driver.dispose());

async function open(overrides?: Overrides): Promise<Database> {
  const one = await driver.open(overrides);
  opened.push(one);
  return one;
}

/** A database whose child dies once, when `text` goes by. */
function openCutting(text: string, when: 'before' | 'after'): Promise<Database> {
  const order = join(dirname(driver.directory), 'cut');
  writeFileSync(order, '');
  return open({
    doltBin: join(import.meta.dirname, '../../fixtures/cutting-dolt.mjs'),
    env: {
      PATH: process.env['PATH'],
      GT_DOLT_BIN: process.env['GT_DOLT_BIN'],
      CUT_TEXT: text,
      CUT_WHEN: when,
      CUT_ORDER: order,
    },
  });
}

/** What the `dolt` program itself finds in the database. */
function stored(): number {
  const out = execFileSync(process.env['GT_DOLT_BIN'] ?? 'dolt', ['sql', '-r', 'csv', '-q', 'SELECT n FROM counter'], {
    cwd: driver.directory,
    env: { ...process.env, DOLT_ROOT_PATH: join(driver.directory, '..', '..', 'dolt-home') },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(out.trim().split('\n').at(-1));
}

function childrenOf(pid: number): number[] {
  const out = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return out
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => Number(fields[1]) === pid && fields.includes('sql'))
    .map((fields) => Number(fields[0]));
}

const isIncremented = async (on: Pick<Database, 'query'>) =>
  (await on.query('SELECT n FROM counter WHERE id = 1'))[0]?.['n'] === 1;

async function increment(on: Database, isDone?: typeof isIncremented): Promise<number> {
  let runs = 0;
  await on.transaction(
    async (tx) => {
      runs += 1;
      await tx.execute('UPDATE counter SET n = n + 1 WHERE id = 1');
    },
    isDone ? { isDone } : {},
  );
  return runs;
}

test.each(['before', 'after'] as const)(
  'a child that dies in the work, %s it saw the statement: done again',
  async (when) => {
    expect(await increment(await openCutting('UPDATE counter', when))).toBe(2);
    expect(stored()).toBe(1);
  },
);

test.each([
  ['before', 2],
  ['after', 1],
] as const)('a child that dies in COMMIT, %s it saw it: isDone decides', async (when, runs) => {
  expect(await increment(await openCutting('COMMIT', when), isIncremented)).toBe(runs);
  expect(stored()).toBe(1);
});

test.each(['before', 'after'] as const)('without isDone such a death is uncertain (%s)', async (when) => {
  await expect(increment(await openCutting('COMMIT', when))).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN' });
  expect(stored()).toBe(when === 'before' ? 0 : 1);
});

test('a child that was killed between two statements is not noticed', async () => {
  for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL');
  expect(await db.query('SELECT n FROM counter')).toEqual([{ n: 0 }]);
  for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL');
  expect(await increment(db)).toBeLessThanOrEqual(2);
  expect(stored()).toBe(1);
});

test.skipIf(process.platform !== 'linux')('a child that stands still is ended, a bounded time later', async () => {
  await db.close();
  const asked = await open({ statementTimeoutMs: 300 });
  await asked.query('SELECT n FROM counter');
  const left = await open({ statementTimeoutMs: 300 });
  await left.query('SELECT n FROM counter');
  const children = childrenOf(process.pid);
  for (const pid of children) await freeze(pid);
  await left.close();
  await expect(asked.query('DELETE FROM counter WHERE n < 0')).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN' });
  await asked.close();
  expect(children.some(isAlive)).toBe(false);
});

test('the child ends when its parent is killed, without what was not committed', async () => {
  const script = join(import.meta.dirname, '../../fixtures/database-process.mjs');
  const holder = spawn(process.execPath, [script, driver.forProcess, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const children = childrenOf(holder.pid ?? 0);
  expect(children).toHaveLength(1);
  holder.kill('SIGKILL');
  await vi.waitUntil(() => !children.some(isAlive), { timeout: 60_000, interval: 5 });
  expect(stored()).toBe(0);
});

test('a half statement of a killed parent is not kept', async () => {
  await db.execute("REPLACE INTO texts VALUES (1, 'one'), (2, 'two')");
  await db.close();
  // What a pipe may hold of `UPDATE texts SET v = 'x' WHERE id = 1` when the writer dies.
  const child = spawn(process.env['GT_DOLT_BIN'] ?? 'dolt', ['sql', '-r', 'json'], { cwd: driver.directory });
  const exited = once(child, 'close');
  child.stdin.end("START TRANSACTION;UPDATE texts SET v = 'x'");
  expect(await exited).toEqual([0, null]);
  const again = await open();
  expect(await again.query('SELECT v FROM texts ORDER BY id')).toEqual([{ v: 'one' }, { v: 'two' }]);
});

test('a program that takes no turns is waited for, a bounded time', async () => {
  await db.close();
  const shell = spawn(process.env['GT_DOLT_BIN'] ?? 'dolt', ['sql', '-r', 'json'], { cwd: driver.directory });
  const exited = once(shell, 'close');
  shell.stdin.write('SELECT 1 AS waiting_for_input;\n');
  await once(shell.stdout, 'data');
  const impatient = await open({ lockTimeoutMs: 300 });
  expect(await impatient.query('SELECT n FROM counter')).toEqual([{ n: 0 }]);
  await expect(increment(impatient)).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    hint: expect.stringContaining('dolt'),
  });
  const patient = await open();
  const done = increment(patient);
  shell.stdin.end();
  await exited;
  await done;
  expect(stored()).toBe(1);
});

test('a server on the same directory is noticed, since its values would come as strings', async () => {
  await db.close();
  const server = await startBareServer({ dataDir: dirname(driver.directory) });
  const late = await open();
  const refusal = { code: 'CONFLICT', message: expect.stringContaining(driver.directory) };
  await expect(late.query('SELECT 1 AS one')).rejects.toMatchObject(refusal);
  await expect(increment(late)).rejects.toMatchObject(refusal);
  await server.stop();
  expect(await late.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(stored()).toBe(0);
});

test('a missing program, directory or database is told apart', async () => {
  const nowhere = join(dirname(driver.directory), 'nowhere');
  const empty = join(dirname(driver.directory), 'empty');
  mkdirSync(empty, { recursive: true });
  const notProgram = join(dirname(driver.directory), 'not-a-program');
  writeFileSync(notProgram, '');
  chmodSync(notProgram, 0o644);
  const failure = async (overrides: Overrides) =>
    (await open(overrides)).query('SELECT 1').catch((error: unknown) => error);
  expect(await failure({ doltBin: nowhere })).toMatchObject({ code: 'DOLT_NOT_FOUND' });
  expect(await failure({ doltBin: notProgram })).toMatchObject({ code: 'DOLT_UNUSABLE' });
  expect(await failure({ directory: nowhere })).toMatchObject({ code: 'NOT_FOUND' });
  expect(await failure({ directory: empty })).toMatchObject({ code: 'DATABASE_UNKNOWN' });
  expect(await failure({ database: 'other' })).toMatchObject({ code: 'DATABASE_UNKNOWN' });
});

test('many callers share one child', async () => {
  const rows = await Promise.all(Array.from({ length: 50 }, (_, n) => db.query('SELECT ? AS n', [n])));
  expect(rows.map(([row]) => row?.['n'])).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(childrenOf(process.pid)).toHaveLength(1);
});

/** Nobody may be there to look after a process whose parent was killed: it stays as a zombie then. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}
