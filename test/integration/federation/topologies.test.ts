import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addPeer,
  beginProject,
  type FederationTown,
  joinProject,
  makeFederationTown,
} from '../../helpers/federation-town.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
/** The first is the hub, or the root of the tree; all begin with the same issues. */
let towns: FederationTown[];

/** @returns the towns by number; each exists */
function town(index: number): FederationTown {
  const found = towns[index];
  if (!found) throw new Error(`no town ${index}`);
  return found;
}

beforeAll(async () => {
  workspace = makeWorkspace();
  towns = [];
  for (const name of ['root', 'left', 'right', 'leaf-l', 'leaf-r']) {
    towns.push(await makeFederationTown(workspace, name));
  }
  await beginProject(town(0));
  for (const id of ['hm-one', 'hm-two', 'hm-tree']) await town(0).run('create', `Issue ${id}`, '--id', id);
  for (const other of towns.slice(1)) await joinProject(town(0), other);
  for (const [from, to] of [
    [1, 0],
    [2, 0],
    [3, 0],
    [1, 2],
    [2, 1],
    [3, 1],
    [4, 2],
  ] as const) {
    await addPeer(town(from), town(to));
  }
  for (const each of towns) await each.run('vc', 'commit', '-m', 'peers');
});

afterAll(async () => {
  await Promise.all(towns.map((each) => each.dispose()));
  await workspace.dispose();
});

/** One sync for each pair, in this order; all of them must end in sync. */
async function round(...pairs: (readonly [from: number, to: number, ...flags: string[]])[]): Promise<void> {
  for (const [from, to, ...flags] of pairs) {
    const result = json<{ in_sync: boolean; results: { Error: string | null }[] }>(
      await town(from).bd(['federation', 'sync', town(to).name, '--json', ...flags]),
    );
    expect([from, to, result.results[0]?.Error, result.in_sync]).toEqual([from, to, null, true]);
  }
}

/** One concurrent change of `id` in each town, to another field in each, and one new issue. */
async function changeEverywhere(indexes: readonly number[], id: string): Promise<void> {
  const changes = [
    ['--notes', 'noted'],
    ['--priority', '0'],
    ['--assignee', 'bob'],
    ['--design', 'drawn'],
    ['--acceptance', 'tried'],
  ];
  for (const index of indexes) {
    const each = town(index);
    await each.run('update', id, ...(changes[index] ?? []));
    await each.run('create', `New in ${each.name}`);
    await each.run('vc', 'commit', '-m', `work in ${each.name}`);
  }
}

async function expectSame(indexes: readonly number[]): Promise<void> {
  const tables = await Promise.all(indexes.map((index) => town(index).issueTables()));
  for (const each of tables) expect(each).toBe(tables[0]);
}

test('hub and spokes: one hub, three satellites, two rounds', async () => {
  const members = [0, 1, 2, 3];
  await changeEverywhere(members, 'hm-one');
  await round([1, 0], [2, 0], [3, 0]);
  await round([1, 0], [2, 0]);
  await expectSame(members);
  const [issue] = await town(2).sql("SELECT notes, priority, assignee, design FROM beads.issues WHERE id = 'hm-one'");
  expect(issue).toEqual({ notes: 'noted', priority: 0, assignee: 'bob', design: 'drawn' });
  const added = await town(0).sql("SELECT title FROM beads.issues WHERE title LIKE 'New in %'");
  expect(added).toHaveLength(4);
  // Each satellite has a password of its own for the hub, and still finds it after all these merges.
  await round([1, 0], [2, 0], [3, 0]);
});

test('mesh of three, the same field in two of them: one round of each with its peers', async () => {
  await round([2, 0], [1, 0]);
  await changeEverywhere([0, 1, 2], 'hm-two');
  for (const index of [1, 2]) {
    await town(index).run('update', 'hm-two', '--title', `By ${town(index).name}`);
    await town(index).run('vc', 'commit', '-m', 'title');
  }
  const stopped = await town(1).bd(['federation', 'sync', 'right']);
  expect([stopped.exitCode, stopped.stdout]).toEqual([1, expect.stringContaining('By right')]);
  await round([1, 2, '--strategy', 'ours'], [1, 0], [2, 0], [2, 1]);
  await expectSame([0, 1, 2]);
  const [issue] = await town(0).sql("SELECT title, assignee FROM beads.issues WHERE id = 'hm-two'");
  expect(issue).toEqual({ title: 'By left', assignee: 'bob' });
});

test('tree of hubs: up to the root and down again', async () => {
  await changeEverywhere([0, 1, 2, 3, 4], 'hm-tree');
  await round([3, 1], [4, 2], [1, 0], [2, 0]);
  await round([1, 0], [3, 1], [4, 2]);
  await expectSame([0, 1, 2, 3, 4]);
  const [issue] = await town(4).sql("SELECT notes, design, acceptance_criteria FROM beads.issues WHERE id = 'hm-tree'");
  expect(issue).toEqual({ notes: 'noted', design: 'drawn', acceptance_criteria: 'tried' });
});
