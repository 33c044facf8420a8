import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FederationTown } from '../../helpers/federation-town.ts';
import { makeTwoTowns, type TwoTowns } from '../../helpers/two-towns.ts';
import { json } from '../../helpers/workspace.ts';

const DAY_MS = 86_400_000;

let towns: TwoTowns;
let alpha: FederationTown;
let beta: FederationTown;

beforeAll(async () => {
  towns = await makeTwoTowns();
  ({ alpha, beta } = towns);
  await beta.run('vc', 'commit', '-m', 'peers');
});

afterAll(() => towns.dispose());

/** Runs `bd` in a town whose clock is off by so many ms. */
async function run(town: FederationTown, offMs: number, ...args: string[]): Promise<string> {
  const file = join(town.directory, 'clock.cjs');
  writeFileSync(
    file,
    `const Real = Date;
     const now = () => Real.now() + (${offMs});
     globalThis.Date = class extends Real {
       constructor(...args) { if (args.length === 0) super(now()); else super(...args); }
       static now() { return now(); }
     };`,
  );
  const result = await town.bd(args, { env: { NODE_OPTIONS: `--require=${file}` } });
  if (result.exitCode !== 0) throw new Error(`${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

// The one ahead, and the one behind, is first to sync, and last to change.
test.each([
  ['ahead', DAY_MS],
  ['behind', -DAY_MS],
])('a town whose clock is a day %s syncs as any other', async (name, off) => {
  const id = `hm-${name}`;
  await run(alpha, off, 'create', `Shared ${name}`, '--id', id);
  await run(alpha, off, 'federation', 'sync');
  expect(await beta.run('show', id, '--short')).toContain(`Shared ${name}`);

  // Different fields go together, whatever their times.
  await run(alpha, off, 'update', id, '--priority', '0');
  await beta.run('update', id, '--notes', 'by beta');
  await beta.run('vc', 'commit', '-m', 'notes');
  await run(alpha, off, 'federation', 'sync');
  const [merged] = json<{ priority: number; notes: string }[]>(await beta.bd(['show', id, '--json']));
  expect(merged).toMatchObject({ priority: 0, notes: 'by beta' });
  expect(await alpha.issueTables()).toBe(await beta.issueTables());

  // The same field is a conflict: no clock decides it, only the strategy does.
  await run(alpha, off, 'update', id, '--title', 'By alpha');
  await beta.run('update', id, '--title', 'By beta');
  await beta.run('vc', 'commit', '-m', 'title');
  await expect(run(alpha, off, 'federation', 'sync')).rejects.toThrow(/By alpha[\s\S]*By beta/);
  await run(alpha, off, 'federation', 'sync', '--strategy', 'theirs');
  expect(await alpha.run('show', id, '--short')).toContain('By beta');
  expect(await alpha.issueTables()).toBe(await beta.issueTables());

  // A close in one town and a comment in the other.
  await run(alpha, off, 'close', id);
  await run(alpha, off, 'vc', 'commit', '-m', 'closed');
  await beta.run('comment', id, 'Said while it was closed');
  await beta.run('federation', 'sync');
  await run(alpha, off, 'federation', 'sync');
  const [closed] = json<{ status: string }[]>(await beta.bd(['show', id, '--json']));
  expect(closed).toMatchObject({ status: 'closed' });
  expect(await alpha.issueTables()).toBe(await beta.issueTables());
  expect(json<{ in_sync?: boolean }>(await alpha.bd(['federation', 'sync', '--json'])).in_sync).toBe(true);
});

// Its commits and rows have the dates that it gives them, also when `bd` there has the right time.
test.each([
  ['ahead', '2036-02-29 12:00:00'],
  ['behind', '1999-12-31 12:00:00'],
])('a peer whose server is years %s is fetched from, merged with and pushed to', async (name, time) => {
  const id = `hm-server-${name}`;
  await alpha.run('create', `Shared server ${name}`, '--id', id);
  await alpha.run('federation', 'sync');
  await beta.sql('USE beads');
  const there = async (change: string) => {
    await beta.sql(`UPDATE issues SET ${change}, updated_at = '${time}' WHERE id = '${id}'`);
    await beta.sql(`CALL DOLT_COMMIT('-Am', 'there', '--date', '${time.replace(' ', 'T')}')`);
  };
  await there("notes = 'by beta'");
  await there('priority = 0');
  await alpha.run('update', id, '--assignee', 'ann');
  const synced = json<{ results: object[] }>(await alpha.bd(['federation', 'sync', '--json']));
  expect(synced).toMatchObject({ in_sync: true, results: [{ Merged: true, PulledCommits: 2, Error: null }] });
  const [merged] = json<object[]>(await beta.bd(['show', id, '--json']));
  expect(merged).toMatchObject({ notes: 'by beta', priority: 0, assignee: 'ann' });

  // The same field: neither the older nor the newer date decides it.
  await there("title = 'By beta'");
  await alpha.run('update', id, '--title', 'By alpha');
  const status = json<{ peers: { Status: object }[] }>(await alpha.bd(['federation', 'status', '--json']));
  expect(status.peers[0]?.Status).toMatchObject({ LocalBehind: 1, IssuesBehind: 1 });
  expect((await alpha.bd(['federation', 'sync'])).stdout).toMatch(/ours: +By alpha\n +theirs: +By beta/);
  await alpha.run('federation', 'sync', '--strategy', 'ours');
  expect(await beta.run('show', id, '--short')).toContain('By alpha');
  expect(await alpha.issueTables()).toBe(await beta.issueTables());
  expect(await alpha.sql("SELECT COUNT(*) AS n FROM beads.dolt_log WHERE message = 'there'")).toEqual(
    await beta.sql("SELECT COUNT(*) AS n FROM beads.dolt_log WHERE message = 'there'"),
  );
});
