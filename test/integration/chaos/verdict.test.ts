import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journal, makeJournal } from '../../chaos/journal.ts';
import { randomFrom } from '../../chaos/random.ts';
import { judge } from '../../chaos/verdict.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';

let home: string;
let server: BareServer;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'verdict-'));
  server = await startBareServer({ dataDir: join(home, 'data') });
  const connection = await createConnection({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    multipleStatements: true,
  });
  await connection.query(`CREATE DATABASE alpha; USE alpha;
    CREATE TABLE issues (id VARCHAR(9) PRIMARY KEY, title TEXT, notes TEXT, status TEXT, assignee TEXT);
    CREATE TABLE comments (id INT PRIMARY KEY, text TEXT);
    INSERT INTO issues VALUES ('a', 'once', 'second', 'open', 'ann'), ('b', 'twice', '', 'closed', ''), ('c', 'twice', '', 'open', '');
    INSERT INTO comments VALUES (1, 'said'), (2, 'said again'), (3, 'said again');`);
  await connection.end();
});

afterAll(async () => {
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});

const rig = 'alpha';

async function verdict(note: (journal: Journal) => void): Promise<string[]> {
  const journal = makeJournal();
  note(journal);
  return judge({ rigs: [{ name: rig, port: server.port, project: home }] }, journal);
}

test('what is as it was acknowledged breaks no promise', async () => {
  const broken = await verdict(({ created, commented, winners, notes, closed }) => {
    created.set('once', { rig, acknowledged: true });
    created.set('never came', { rig, acknowledged: false });
    commented.set('said', { rig, id: 'a', acknowledged: true });
    winners.set('a', { rig, actors: ['ann'] });
    notes.set('a', {
      rig,
      texts: [
        { text: 'first', acknowledged: true },
        { text: 'second', acknowledged: false },
      ],
    });
    closed.set('b', { rig });
  });
  expect(broken).toEqual([]);
});

test.each<[string, (journal: Journal) => void, RegExp]>([
  ['a lost issue', ({ created }) => created.set('gone', { rig, acknowledged: true }), /^lost: issue "gone"/],
  [
    'an issue that is there twice',
    ({ created }) => created.set('twice', { rig, acknowledged: false }),
    /^2 times: issue/,
  ],
  ['a lost comment', ({ commented }) => commented.set('x', { rig, id: 'a', acknowledged: true }), /^lost: comment/],
  [
    'a comment that is there twice',
    ({ commented }) => commented.set('said again', { rig, id: 'a', acknowledged: true }),
    /^2 times: comment/,
  ],
  ['two winners', ({ winners }) => winners.set('a', { rig, actors: ['ann', 'bob'] }), /^claimed by ann and bob/],
  [
    'a winner who lost it',
    ({ winners }) => winners.set('a', { rig, actors: ['bob'] }),
    /^claimed by bob, and is of ann/,
  ],
  [
    'notes that went back',
    ({ notes }) => notes.set('a', { rig, texts: ['second', 'third'].map((text) => ({ text, acknowledged: true })) }),
    /^notes of a: "second", not "third"/,
  ],
  ['an issue that is open again', ({ closed }) => closed.set('a', { rig }), /^closed, and is open: a/],
])('noticed: %s', async (_name, note, line) => {
  expect(await verdict((journal) => void note(journal))).toEqual([expect.stringMatching(line)]);
});

test('the same seed draws the same, whatever was drawn before', () => {
  const draw = (seed: number, before: number) => {
    const random = randomFrom(seed);
    for (let index = 0; index < before; index += 1) random.next();
    const own = random.fork('deed 7');
    return Array.from({ length: 5 }, () => own.below(1_000));
  };
  expect(draw(42, 0)).toEqual(draw(42, 3));
  expect(draw(42, 0)).not.toEqual(draw(43, 0));
});
