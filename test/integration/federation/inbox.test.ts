import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addPeer,
  beginProject,
  type FederationTown,
  joinProject,
  makeFederationTown,
} from '../../helpers/federation-town.ts';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let alpha: FederationTown;
let beta: FederationTown;

beforeAll(async () => {
  workspace = makeWorkspace();
  alpha = await makeFederationTown(workspace, 'alpha');
  beta = await makeFederationTown(workspace, 'beta');
  await beginProject(alpha);
  await joinProject(alpha, beta);
  await addPeer(beta, alpha);
});

afterAll(async () => {
  await alpha.dispose();
  await beta.dispose();
  await workspace.dispose();
});

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
