import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import type { FederationTown } from '../../helpers/federation-town.ts';
import { makeTwoTowns, type TwoTowns } from '../../helpers/two-towns.ts';
import { json } from '../../helpers/workspace.ts';

let towns: TwoTowns;
let alpha: FederationTown;
let beta: FederationTown;

beforeAll(async () => {
  towns = await makeTwoTowns();
  ({ alpha, beta } = towns);
});

afterAll(() => towns.dispose());

async function importMany(town: FederationTown, of: string): Promise<void> {
  const file = join(town.directory, `${of}.jsonl`);
  const line = (number: number) =>
    `${JSON.stringify({ id: `hm-${of}${number}`, title: `${of} ${number}`, labels: [of] })}\n`;
  writeFileSync(file, Array.from({ length: 500 }, (_, number) => line(number)).join(''));
  await town.run('import', file);
  await town.run('vc', 'commit', '-m', of);
}

/** Beta forgets what it knew of alpha. */
async function addAlphaAs(name: string): Promise<void> {
  const add = ['federation', 'add-peer', name, alpha.address, '--user', alpha.user, '--password-stdin'];
  expect((await beta.bd(add, { input: alpha.password })).exitCode).toBe(0);
  await beta.run('vc', 'commit', '-m', name);
}

// What is cloned from the peer is passed on to the own database as whole files, in a relay that takes
// the place of the one that was there before.
test('a town without issues gets many from its peer, and from then on both go on', async () => {
  await importMany(alpha, 'many');
  await beta.run('create', 'A wisp', '--ephemeral');
  const synced = json<{ results: object[] }>(await beta.bd(['federation', 'sync', '--json']));
  expect(synced).toMatchObject({ in_sync: true, results: [{ Merged: true, Pushed: true, Error: null }] });
  expect(await beta.issueTables()).toBe(await alpha.issueTables());
  expect(await beta.sql('SELECT COUNT(*) AS n FROM beads.issues')).toEqual([{ n: 500 }]);
  expect(await beta.sql('SELECT title FROM beads.wisps')).toEqual([{ title: 'A wisp' }]);
  const kept = readdirSync(join(beta.directory, '.beads/federation/beads/alpha'));
  expect(kept.filter((name) => name.startsWith('relay-'))).toHaveLength(1);
  expect(await beta.sql('SELECT name FROM beads.dolt_remotes')).toEqual([{ name: 'alpha' }]);

  for (const round of [1, 2]) {
    await alpha.run('update', 'hm-many7', '--notes', `alpha ${round}`);
    await alpha.run('vc', 'commit', '-m', `alpha ${round}`);
    await beta.run('update', 'hm-many7', '--priority', String(round));
    await beta.run('vc', 'commit', '-m', `beta ${round}`);
    const status = json<{ peers: { Status: object }[] }>(await beta.bd(['federation', 'status', '--json']));
    expect(status.peers[0]?.Status).toMatchObject({ LocalAhead: 1, LocalBehind: 1, HasConflicts: false });
    await beta.run('federation', 'sync');
    expect(await beta.issueTables()).toBe(await alpha.issueTables());
    const [issue] = await alpha.sql("SELECT notes, priority FROM beads.issues WHERE id = 'hm-many7'");
    expect(issue).toEqual({ notes: `alpha ${round}`, priority: round });
  }
});

test('a look at the status comes before the first sync, and changes neither side', async () => {
  await beta.run('federation', 'remove-peer', 'alpha');
  await importMany(alpha, 'more');
  await addAlphaAs('again');
  const before = [await alpha.issueTables(), await beta.issueTables()];
  for (const args of [['status'], ['sync', '--dry-run'], ['status']]) {
    expect(await beta.run('federation', ...args)).toMatch(/ahead.* behind \(500 issues\)/);
  }
  expect([await alpha.issueTables(), await beta.issueTables()]).toEqual(before);
  await beta.run('federation', 'sync');
  expect(await beta.issueTables()).toBe(await alpha.issueTables());
});

test('a conflict in a first sync leaves the database as it was, and a strategy solves it', async () => {
  await beta.run('federation', 'remove-peer', 'again');
  await importMany(alpha, 'third');
  await alpha.run('update', 'hm-many7', '--title', 'By alpha');
  await alpha.run('vc', 'commit', '-m', 'title');
  await beta.run('update', 'hm-many7', '--title', 'By beta');
  await addAlphaAs('stops');
  const before = await beta.issueTables();
  const stopped = await beta.bd(['federation', 'sync']);
  expect([stopped.exitCode, stopped.stdout]).toEqual([1, expect.stringMatching(/By beta\n +theirs: By alpha/)]);
  expect(await beta.issueTables()).toBe(before);
  await beta.run('federation', 'remove-peer', 'stops');
  await addAlphaAs('solves');
  expect(await beta.run('federation', 'sync', '--strategy', 'theirs')).toContain('Resolved 1 conflicts');
  expect(await beta.run('show', 'hm-many7', '--short')).toContain('By alpha');
  expect(await beta.issueTables()).toBe(await alpha.issueTables());
});

// What a killed bd leaves behind may still write while the next one begins.
test.each(['relay-', 'clone_'])(
  'a first sync that is killed once there is %s*, and one right after it',
  async (sign) => {
    const name = `killed-${sign.slice(0, 5)}`;
    await importMany(alpha, name);
    await addAlphaAs(name);
    const own = join(beta.directory, '.beads/federation/beads', name);
    const parts = () => (existsSync(own) ? readdirSync(own) : []).filter((part) => /^(?:relay-|clone_)/.test(part));
    const killed = execa(process.execPath, ['dist/bin/bd.cjs', '-C', beta.directory, 'federation', 'sync', name], {
      ...{ env: towns.workspace.env, extendEnv: false, reject: false },
    });
    await eventually(sign, () => parts().some((part) => part.startsWith(sign)));
    killed.kill('SIGKILL');
    await killed;
    expect(await beta.run('federation', 'sync', name)).toContain('In sync at');
    expect(await beta.issueTables()).toBe(await alpha.issueTables());
    await beta.run('federation', 'sync', name);
    expect(readFileSync(join(own, 'ready'), 'utf8').trim().split('\n').slice(1).sort()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^clone_/), expect.stringMatching(/^relay-/)]),
    );
    expect(await beta.sql("SELECT name FROM beads.dolt_remotes WHERE name LIKE 'federation-relay%'")).toEqual([]);
    await beta.run('federation', 'remove-peer', name);
    await beta.run('vc', 'commit', '-m', name);
  },
);
