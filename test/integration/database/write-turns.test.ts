import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../../src/database/types.ts';
import { acquireLock } from '../../../src/util/process-lock.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type DriverUnderTest, makeDriver } from './drivers.ts';

let driver: DriverUnderTest;
let queue: string;
let open: Database[] = [];

beforeAll(async () => {
  driver = await makeDriver('server');
  queue = driver.queueDirectory ?? '';
});

afterAll(() => driver.dispose());

beforeEach(() => {
  open = [];
  return async () => {
    await Promise.all(open.map((db) => db.close()));
  };
});

/** As many databases as there would be processes. */
async function connect(lockTimeoutMs = 60_000): Promise<Database> {
  const db = await driver.open({ lockTimeoutMs });
  open.push(db);
  return db;
}

/** Takes the turn and keeps it until it is told to go on. */
async function holdTurn(db: Database): Promise<{ goOn: () => void; done: Promise<void> }> {
  let goOn: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let begun = false;
  const done = db.transaction(async () => {
    begun = true;
    await told;
  });
  await eventually('the turn', () => begun);
  return { goOn, done };
}

// Who only draws a ticket does not stand in line yet.
const inLine = () => (existsSync(queue) ? readdirSync(queue) : []).filter((name) => !name.startsWith('draft.'));
const waiting = (count: number) => eventually(`${count} in line`, () => inLine().length === count);

test('writers get their turns in the order in which they asked', async () => {
  const holder = await holdTurn(await connect());
  const order: number[] = [];
  const writers: Promise<void>[] = [];
  for (let number = 0; number < 12; number += 1) {
    const db = await connect();
    writers.push(
      db.transaction(async (tx) => {
        order.push(number);
        await tx.query('SELECT 1 AS one');
      }),
    );
    await waiting(number + 1);
  }
  holder.goOn();
  await Promise.all([holder.done, ...writers]);
  expect(order).toEqual(Array.from({ length: 12 }, (_, number) => number));
  expect(inLine()).toEqual([]);
});

test('one who stands still in the line does not keep the others from it for ever', async () => {
  const frozen = await acquireLock({ directory: queue, purpose: 'standing still', timeoutMs: 0 });
  const db = await connect(4_000);
  expect(await db.transaction((tx) => tx.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  await frozen.release();
});

test('one who closes in the line leaves it', async () => {
  const holder = await holdTurn(await connect());
  const first = await connect();
  const second = await connect();
  const waits = [first, second].map((db) => db.transaction((tx) => tx.query('SELECT 1 AS one')));
  await waiting(2);
  const refused = Promise.allSettled(waits);
  await Promise.all([first.close(), second.close()]);
  await waiting(0);
  expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  holder.goOn();
  await holder.done;
});

test('where no line can be kept, writers still take turns', async () => {
  rmSync(queue, { recursive: true, force: true });
  writeFileSync(queue, 'in the way');
  const [one, two] = [await connect(), await connect()];
  const holder = await holdTurn(one);
  const order: string[] = [];
  const other = two.transaction(async () => order.push('other'));
  // The other one has asked the server, which tells who asks for what.
  await eventually('the other one', async () =>
    (await one.query('SHOW FULL PROCESSLIST')).some((row) => String(row['Info']).includes('GET_LOCK')),
  );
  order.push('holder');
  holder.goOn();
  await Promise.all([holder.done, other]);
  expect(order).toEqual(['holder', 'other']);
  rmSync(queue);
});
