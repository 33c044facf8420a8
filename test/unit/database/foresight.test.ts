import { expect, test } from 'vitest';
import { statementsOf, withAnswers } from '../../../src/database/foresight.ts';
import { inOneTrip } from '../../../src/database/round-trip.ts';
import type { Database } from '../../../src/database/types.ts';

/** Answers each statement with itself. */
function echo(): { db: Database; trips: string[][] } {
  const trips: string[][] = [];
  const db: Database = {
    mode: 'server',
    name: 'echo',
    capabilities: { concurrentWriters: true, remote: true },
    query: async (sql) => {
      trips.push([sql]);
      return [{ said: sql }] as never[];
    },
    queryAll: async (statements) => {
      trips.push([...statements]);
      return statements.map((sql) => [{ said: sql }]);
    },
    execute: async () => 0,
    transaction: (work) => work(db),
    close: async () => undefined,
  };
  return { db, trips };
}

test('statements that are asked before the first answer are foreseen, each once', () => {
  const statements = statementsOf(async (db) => {
    await Promise.all([db.query('SELECT ?', [1]), db.query('SELECT 2'), db.query('SELECT 2')]);
    await db.query('SELECT 3');
  });
  expect(statements).toEqual(['SELECT 1', 'SELECT 2']);
});

test('what fails while it is foreseen fails nobody', () => {
  const statements = statementsOf(async (db) => {
    void db.query('SELECT 1');
    throw new Error('no such status');
  });
  expect(statements).toEqual(['SELECT 1']);
});

test('an answer that is there is given once', async () => {
  const { db, trips } = echo();
  const foreseen = withAnswers(db, new Map([['SELECT 1', [{ early: 1 }]]]));
  expect(await foreseen.query('SELECT ?', [1])).toEqual([{ early: 1 }]);
  expect(await foreseen.query('SELECT ?', [1])).toEqual([{ said: 'SELECT 1' }]);
  expect(trips).toEqual([['SELECT 1']]);
});

test('of several statements only those without an answer are asked, and each keeps its own', async () => {
  const { db, trips } = echo();
  const foreseen = withAnswers(db, new Map([['b', [{ early: 'b' }]]]));
  const rows = await inOneTrip(foreseen, (trip) => Promise.all(['a', 'b', 'c'].map((sql) => trip.query(sql))));
  expect(rows).toEqual([[{ said: 'a' }], [{ early: 'b' }], [{ said: 'c' }]]);
  expect(trips).toEqual([['a', 'c']]);
});

test('what is all there is not asked at all, and a transaction asks anew', async () => {
  const { db, trips } = echo();
  const foreseen = withAnswers(
    db,
    new Map([
      ['a', [{ early: 'a' }]],
      ['b', []],
    ]),
  );
  expect(await foreseen.queryAll?.(['a', 'b'])).toEqual([[{ early: 'a' }], []]);
  expect(trips).toEqual([]);
  expect(await foreseen.transaction((tx) => tx.query('a'))).toEqual([{ said: 'a' }]);
});

test('a write drops the answers that are left', async () => {
  const { db, trips } = echo();
  for (const write of [
    (written: Database) => written.execute('UPDATE t SET n = 1'),
    (written: Database) => written.transaction(async () => undefined),
  ]) {
    const foreseen = withAnswers(db, new Map([['a', [{ early: 'a' }]]]));
    await write(foreseen);
    expect(await foreseen.query('a')).toEqual([{ said: 'a' }]);
  }
  expect(trips).toEqual([['a'], ['a']]);
});
