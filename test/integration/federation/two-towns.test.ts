import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPeer, type FederationTown } from '../../helpers/federation-town.ts';
import { makeTwoTowns, type TwoTowns } from '../../helpers/two-towns.ts';
import { json } from '../../helpers/workspace.ts';

let towns: TwoTowns;
let alpha: FederationTown;
let beta: FederationTown;

beforeAll(async () => {
  towns = await makeTwoTowns({
    async first(town, peer) {
      await town.run('create', 'Shared', '--id', 'hm-s1');
      await addPeer(town, peer);
      const status = await town.run('federation', 'status');
      expect(status).toMatch(/Reachable[\s\S]*ahead \(0 issues\), 0 behind/);
    },
  });
  ({ alpha, beta } = towns);
});

afterAll(() => towns.dispose());

test('the first sync fills a database that nobody used', async () => {
  expect(await beta.run('show', 'hm-s1', '--short')).toContain('Shared');
});

test('issues of both are in both after one sync each, and the heads are the same', async () => {
  await alpha.run('create', 'From alpha', '--id', 'hm-a1');
  await beta.run('create', 'From beta', '--id', 'hm-b1');
  // What is uncommitted at the other side must not be pushed over.
  const refused = await alpha.bd(['federation', 'sync']);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('uncommitted changes')]);
  expect(await beta.run('federation', 'sync')).toMatch(/Merged \(1 commits\)[\s\S]*Pushed[\s\S]*In sync at/);
  expect(await alpha.run('federation', 'sync')).toContain('In sync at');
  expect(await alpha.issueTables()).toBe(await beta.issueTables());
  expect(await alpha.issueTables()).toContain('From beta');
  // Beta's push has taken the local tables away; when the last sync was is still known.
  expect(await beta.run('federation', 'sync')).toContain('In sync at');
  for (const town of [alpha, beta]) {
    expect(await town.run('federation', 'status')).toMatch(/Last: +\d{4}-\d\d-\d\dT[\d:]{8}Z/);
  }
  const heads = await Promise.all(
    [alpha, beta].map((town) => town.sql("SELECT hash FROM beads.dolt_branches WHERE name = 'main'")),
  );
  expect(heads[0]).toEqual(heads[1]);
});

test('changes of different fields of one issue go together', async () => {
  await alpha.run('update', 'hm-s1', '--priority', '0');
  await beta.run('update', 'hm-s1', '--notes', 'seen');
  await beta.run('vc', 'commit', '-m', 'note');
  await alpha.run('federation', 'sync');
  const [issue] = json<{ priority: number; notes: string }[]>(await beta.bd(['show', 'hm-s1', '--json']));
  expect(issue).toMatchObject({ priority: 0, notes: 'seen' });
  expect(await alpha.issueTables()).toBe(await beta.issueTables());
});

test('the same field in both: shown and left alone, then resolved by strategy', async () => {
  await alpha.run('update', 'hm-s1', '--title', 'By alpha');
  await beta.run('update', 'hm-s1', '--title', 'By beta');
  await beta.run('vc', 'commit', '-m', 'title');
  const before = await alpha.issueTables();
  // Alpha's title is not committed yet; it is foreseen all the same, and still not committed after.
  for (const args of [['status'], ['sync', '--dry-run']]) {
    const foreseen = await alpha.bd(['federation', ...args]);
    expect(foreseen.exitCode).toBe(args[0] === 'sync' ? 1 : 0);
    expect(foreseen.stdout).toMatch(
      /Conflicts foreseen:\n[\s\S]*title: was Shared\n\s+ours:\s+By alpha\n\s+theirs:\s+By beta/,
    );
    expect(foreseen.stdout).toContain('Uncommitted changes in events, issues');
  }
  // It stops the sync with this peer only.
  const shelf = join(alpha.directory, 'a shelf');
  mkdirSync(shelf);
  await alpha.run('federation', 'add-peer', 'shelf', pathToFileURL(shelf).href);
  const all = json<{ results: object[] }>(await alpha.bd(['federation', 'sync', '--json']));
  expect(all).toMatchObject({
    in_sync: false,
    results: [
      { Peer: 'beta', InSync: false, Code: 'CONFLICT', Merged: false, Pushed: false },
      { Peer: 'shelf', InSync: true, Error: null },
    ],
  });
  await alpha.run('federation', 'remove-peer', 'shelf');
  const stopped = await alpha.bd(['federation', 'sync']);
  expect([stopped.exitCode, stopped.stderr]).toEqual([1, expect.stringContaining('bd federation resolve beta')]);
  expect(stopped.stdout).toMatch(/hm-s1\n\s+title: was Shared\n\s+ours:\s+By alpha\n\s+theirs:\s+By beta/);
  expect(await alpha.issueTables()).toBe(before);
  const solved = await alpha.run('federation', 'sync', '--strategy', 'theirs');
  expect(solved).toContain('Resolved 1 conflicts');
  expect(await alpha.run('show', 'hm-s1', '--short')).toContain('By beta');
  expect(await alpha.issueTables()).toBe(await beta.issueTables());
});
