import { afterAll, beforeAll, expect, test } from 'vitest';
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

// Dolt's push to the branch that a running server works on replaces its working set.
test('a town with wisps gets an inbox: pushes leave its wisps alone', async () => {
  await beta.run('create', 'A wisp', '--ephemeral');
  expect(await beta.run('federation', 'sync')).toContain('In sync');
  await alpha.run('create', 'From alpha', '--id', 'hm-a1');
  expect(await alpha.run('federation', 'sync')).toContain('Delivered to its inbox');
  expect(await beta.sql('SELECT title FROM beads.wisps')).toEqual([{ title: 'A wisp' }]);
  expect(await beta.sql("SELECT id FROM beads.issues WHERE id = 'hm-a1'")).toEqual([]);
  // Also while the town has changes that are not committed.
  await beta.run('create', 'From beta', '--id', 'hm-b1');
  await alpha.run('update', 'hm-a1', '--notes', 'again');
  expect(await alpha.run('federation', 'sync')).toContain('Delivered to its inbox');
  expect(await beta.run('federation', 'sync')).toContain('In sync');
  expect(await beta.issueTables()).toContain('From alpha');
  expect(await beta.issueTables()).toBe(await alpha.issueTables());
  expect(await beta.sql('SELECT title FROM beads.wisps')).toEqual([{ title: 'A wisp' }]);
});

test('a town without peers of its own takes its inbox over with a sync, and keeps its wisps', async () => {
  await beta.run('federation', 'remove-peer', 'alpha');
  await beta.run('vc', 'commit', '-m', 'no peers');
  await alpha.run('create', 'For the passive town', '--id', 'hm-p1');
  expect(await alpha.run('federation', 'sync')).toContain('Delivered to its inbox');
  expect(await beta.run('federation', 'sync')).toContain('the inbox was taken over');
  const found = await beta.sql("SELECT title FROM beads.issues WHERE id = 'hm-p1'");
  expect(found).toEqual([{ title: 'For the passive town' }]);
  expect(await beta.sql('SELECT title FROM beads.wisps')).toEqual([{ title: 'A wisp' }]);
  expect(json(await beta.bd(['federation', 'sync', '--json']))).toMatchObject({ in_sync: true, results: [] });
});
