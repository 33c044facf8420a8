import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testPort } from '../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../helpers/workspace.ts';
import { legacyProject } from '../integration/beads-migrate/legacy-project.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
});

afterAll(() => workspace.dispose());

test('bd follows a rig to another port, and says how to start it when it is stopped', async () => {
  const [first, second] = [await testPort(), await testPort()];
  expect((await workspace.gt(['dolt', 'init-rig', 'gastown', '--port', String(first)])).exitCode).toBe(0);
  expect((await workspace.gt(['dolt', 'start', 'gastown'])).exitCode).toBe(0);
  const dir = join(workspace.home, 'project');
  mkdirSync(dir);
  const bd = (...args: string[]) => workspace.bd(args, { cwd: dir });

  const init = await bd('init', '--rig', 'gastown', '--prefix', 'gt', '--json');
  expect(json(init)).toMatchObject({ database: 'gastown', mode: 'server', prefix: 'gt', server: { port: first } });
  expect(JSON.parse(readFileSync(join(dir, '.beads/metadata.json'), 'utf8'))).toMatchObject({
    dolt_server_port: first,
  });
  const created = json<{ id: string }>(await bd('create', 'First', '--json'));

  await workspace.gt(['dolt', 'stop', 'gastown']);
  const down = await bd('sql', 'SELECT 1');
  expect(down.exitCode).toBe(1);
  expect(down.stderr).toContain(`Dolt server unreachable at 127.0.0.1:${first}`);
  expect(down.stderr).toContain('gt dolt start gastown');

  expect((await workspace.gt(['dolt', 'start', 'gastown', '--port', String(second)])).exitCode).toBe(0);
  const rows = JSON.parse((await bd('sql', 'SELECT id FROM issues', '--json')).stdout);
  expect(rows).toEqual([{ id: created.id }]);
  expect(json(await bd('config', 'get', 'dolt.port', '--json'))).toMatchObject({ value: String(first) });
});

test('a town whose own rig is on another port than 3307 takes new databases, also where its port moves', async () => {
  const [first, second] = [await testPort(), await testPort()];
  expect((await workspace.gt(['dolt', 'start', 'beads', '--port', String(first)])).exitCode).toBe(0);
  const made = join(workspace.home, 'new');
  const switched = join(workspace.home, 'switched');
  for (const dir of [made, switched]) mkdirSync(dir);

  const init = await workspace.bd(['init', '--server', '--prefix', 'nw', '--json'], { cwd: made });
  expect(json(init)).toMatchObject({ database: 'nw', mode: 'server', server: { port: first } });
  expect((await workspace.bd(['create', 'On the town'], { cwd: made })).exitCode).toBe(0);

  expect((await workspace.bd(['init', '--prefix', 'sw'], { cwd: switched })).exitCode).toBe(0);
  expect((await workspace.bd(['create', 'Was embedded'], { cwd: switched })).exitCode).toBe(0);
  const told = await workspace.bd(['config', 'set', 'dolt.mode', 'server'], { cwd: switched });
  expect(told.stdout).toContain(`127.0.0.1:${first}/sw`);
  const moved = await workspace.bd(['dolt', 'move', '--to', 'server'], { cwd: switched });
  expect(moved.exitCode, moved.stderr).toBe(0);

  await workspace.gt(['dolt', 'stop', 'beads']);
  expect((await workspace.gt(['dolt', 'start', 'beads', '--port', String(second)])).exitCode).toBe(0);
  // The port that a change of mode recorded is old when the migration comes.
  const legacy = legacyProject(workspace, 2);
  const metadata = join(legacy.beadsDir, 'metadata.json');
  await legacy.bd('config', 'set', 'dolt.mode', 'server');
  const recorded = { ...JSON.parse(readFileSync(metadata, 'utf8')), dolt_server_port: first };
  writeFileSync(metadata, JSON.stringify(recorded));
  expect(json(await legacy.migrate('--dry-run'))).toMatchObject({ server: { port: second } });
  expect(json(await legacy.migrate())).toMatchObject({ action: 'migrate', server: { port: second } });
  expect(await legacy.titles()).toHaveLength(2);
  const late = join(workspace.home, 'late');
  mkdirSync(late);
  expect((await workspace.bd(['init', '--prefix', 'lt'], { cwd: late })).exitCode).toBe(0);
  const old = { ...JSON.parse(readFileSync(join(late, '.beads/metadata.json'), 'utf8')), dolt_server_port: first };
  writeFileSync(join(late, '.beads/metadata.json'), JSON.stringify(old));
  const movedLate = await workspace.bd(['dolt', 'move', '--to', 'server', '--json'], { cwd: late });
  expect(movedLate.exitCode, movedLate.stdout).toBe(0);
  expect(readFileSync(join(late, '.beads/metadata.json'), 'utf8')).toContain(`"dolt_server_port": ${second}`);
  for (const [dir, title] of [
    [made, 'On the town'],
    [switched, 'Was embedded'],
  ] as const) {
    const listed = await workspace.bd(['list', '--json'], { cwd: dir });
    expect(listed.exitCode, listed.stdout).toBe(0);
    expect(json<{ title: string }[]>(listed).map((issue) => issue.title)).toEqual([title]);
  }

  await workspace.gt(['dolt', 'stop', 'beads']);
  const down = await workspace.bd(['list'], { cwd: made });
  expect(down.exitCode).toBe(1);
  expect(down.stderr).toContain('gt dolt start beads');
});
