import { expect, test } from 'vitest';
import { inOneTrip } from '../../../src/database/round-trip.ts';
import type { Queryable } from '../../../src/database/types.ts';

/** Answers each statement with itself; statements that hold `bad` fail. */
function echo(): { db: Queryable; trips: string[][] } {
  const trips: string[][] = [];
  const answer = (sql: string) => {
    if (sql.includes('bad')) throw new Error(`refused: ${sql}`);
    return [{ said: sql }];
  };
  const db: Queryable = {
    query: async (sql, parameters = []) => {
      trips.push([sql]);
      return answer([sql, ...parameters].join(' ')) as never[];
    },
    execute: async () => 0,
    queryAll: async (statements) => {
      trips.push([...statements]);
      return statements.map(answer);
    },
  };
  return { db, trips };
}

test('statements that are asked before the first answer go together, each with its own rows', async () => {
  const { db, trips } = echo();
  const rows = await inOneTrip(db, (trip) => Promise.all([trip.query('SELECT ?', [1]), trip.query('SELECT 2')]));
  expect(rows).toEqual([[{ said: 'SELECT 1' }], [{ said: 'SELECT 2' }]]);
  expect(trips).toEqual([['SELECT 1', 'SELECT 2']]);
});

test('what is asked after an answer goes by itself', async () => {
  const { db, trips } = echo();
  await inOneTrip(db, async (trip) => {
    await Promise.all([trip.query('a'), trip.query('b')]);
    await trip.query('c');
  });
  expect(trips).toEqual([['a', 'b'], ['c']]);
});

test('a trip within a trip is part of it', async () => {
  const { db, trips } = echo();
  await inOneTrip(db, (trip) =>
    Promise.all([trip.query('a'), inOneTrip(trip, (inner) => Promise.all([inner.query('b'), inner.query('c')]))]),
  );
  expect(trips).toEqual([['a', 'b', 'c']]);
});

test('a trip after the first answers is one of its own', async () => {
  const { db, trips } = echo();
  await inOneTrip(db, async (trip) => {
    await Promise.all([trip.query('a'), trip.query('b')]);
    await inOneTrip(trip, (inner) => Promise.all([inner.query('c'), inner.query('d')]));
  });
  expect(trips).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('when one fails, each has its own answer all the same', async () => {
  const { db, trips } = echo();
  const answers = await inOneTrip(db, (trip) =>
    Promise.allSettled([trip.query('a'), trip.query('bad'), trip.query('c')]),
  );
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(trips).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
});

test('a database without queryAll, such as a transaction, is asked one by one', async () => {
  const { db, trips } = echo();
  const { queryAll: _, ...plain } = db;
  await inOneTrip(plain, (trip) => Promise.all([trip.query('a'), trip.query('b')]));
  expect(trips).toEqual([['a'], ['b']]);
});
