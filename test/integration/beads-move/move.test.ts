import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MoveDocument } from '../../../src/cli/render/move.ts';
import type { BareServer } from '../../helpers/bare-server.ts';
import { eventually } from '../../helpers/eventually.ts';
import { killAt } from '../../helpers/kill-at.ts';
import { makeServerWorkspace } from '../../helpers/server-workspace.ts';
import { json, type Workspace } from '../../helpers/workspace.ts';
import { askAt, askDirectory, type Mode, makeProject, type Project } from '../beads-backup/stores.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  const made = await makeServerWorkspace();
  ({ workspace, server } = made);
  return made.dispose;
});

const HASHES =
  "SELECT DOLT_HASHOF_DB('WORKING') AS working, DOLT_HASHOF_DB('STAGED') AS staged, HASHOF('HEAD') AS head";

const other: Record<Mode, Mode> = { embedded: 'server', server: 'embedded' };

/** What a database holds, read without any code of ours. */
async function stateIn(mode: Mode, { dir, database }: Project) {
  const ask = (...sql: string[]) =>
    mode === 'server' ? askAt(server.port, database, sql) : askDirectory(join(dir, '.beads', 'dolt'), database, sql);
  return [
    await ask(HASHES),
    await ask(`USE \`${database}/side\``, HASHES),
    await ask('SELECT tag_name, tag_hash FROM dolt_tags'),
    await ask('SELECT name, url FROM dolt_remotes'),
    await ask('SELECT commit_hash, message FROM dolt_log'),
  ];
}

function move(project: Project, to: Mode, ...args: string[]) {
  const port = to === 'server' ? ['--server-port', String(server.port)] : [];
  return project.bd('dolt', 'move', '--to', to, ...port, ...args, '--json');
}

const modeOf = ({ dir }: Project) =>
  (JSON.parse(readFileSync(join(dir, '.beads', 'metadata.json'), 'utf8')) as Record<string, unknown>)['dolt_mode'];

describe.each<Mode>(['server', 'embedded'])('to %s', (to) => {
  const from = other[to];

  async function filled(): Promise<Project> {
    const project = await makeProject(workspace, from, server);
    await project.create('One');
    await project.create('Two');
    return project;
  }

  test('the copy has everything: history, branches, tags, remotes, uncommitted rows; the old one is kept', async () => {
    const project = await filled();
    const { database } = project;
    await project.ask(
      "CALL DOLT_COMMIT('-Am', 'all', '--allow-empty')",
      "CALL DOLT_BRANCH('side')",
      "CALL DOLT_TAG('v1')",
      "CALL DOLT_REMOTE('add', 'origin', 'file:///nowhere/hm')",
      `USE \`${database}/side\``,
      "UPDATE issues SET title = 'One on the side' WHERE title = 'One'",
    );
    await project.bd('--dolt-auto-commit', 'off', 'create', 'Not committed');
    const before = await stateIn(from, project);
    const moved = await move(project, to);
    expect(moved.exitCode).toBe(0);
    expect(json(moved)).toMatchObject({ moved: true, from: { mode: from }, to: { mode: to }, tables: { issues: 3 } });
    expect(modeOf(project)).toBe(to);
    expect(await stateIn(to, project)).toEqual(before);
    expect(await project.titles()).toEqual(['Not committed', 'One', 'Two']);
    const [kept] = json<MoveDocument>(moved).kept;
    const old = kept
      ? await askDirectory(dirname(kept), database, [HASHES])
      : await askAt(server.port, database, [HASHES]);
    expect(old).toEqual(before[0]);
    const again = await move(project, to);
    expect(json(again)).toMatchObject({ moved: false });
    expect(again.exitCode).toBe(0);
  });

  test('there and back, with work in between', async () => {
    const project = await filled();
    expect((await move(project, to)).exitCode).toBe(0);
    await project.create('Three');
    const back = await move(project, from);
    expect(back.stdout).toContain('"moved": true');
    await project.create('Four');
    expect((await move(project, to)).exitCode).toBe(0);
    expect(await project.titles()).toEqual(['Four', 'One', 'Three', 'Two']);
  });

  test('config.yaml that names the mode is switched too, and keeps its comments', async () => {
    const project = await filled();
    const config = join(project.dir, '.beads', 'config.yaml');
    writeFileSync(config, `# mine\ndolt:\n  mode: ${from}   # here\n`);
    expect((await move(project, to)).exitCode).toBe(0);
    expect(readFileSync(config, 'utf8')).toContain('# mine');
    expect(readFileSync(config, 'utf8')).toMatch(new RegExp(`mode: "?${to}"?`));
    expect(await project.titles()).toEqual(['One', 'Two']);
  });

  test('killed at any step, the workspace works, and another run completes the move', async () => {
    const project = await filled();
    const args = ['dolt', 'move', '--to', to, ...(to === 'server' ? ['--server-port', String(server.port)] : [])];
    const steps: (RegExp | number)[] = [
      150,
      /Copying/,
      /Verifying|Restoring/,
      /Comparing/,
      /Placing|Switching/,
      /Switching/,
    ];
    for (const [index, step] of steps.entries()) {
      await killAt(workspace, 'bd', args, step, { cwd: project.dir, afterMs: index % 2 ? 15 : 0 });
      expect(await project.titles()).toEqual(['One', 'Two']);
    }
    const done = await move(project, to);
    expect(done.stderr).not.toContain('Error');
    expect(done.exitCode).toBe(0);
    expect(modeOf(project)).toBe(to);
    expect(await project.titles()).toEqual(['One', 'Two']);
    for (const place of ['backup', 'dolt']) {
      const left = existsSync(join(project.dir, '.beads', place))
        ? readdirSync(join(project.dir, '.beads', place))
        : [];
      expect(left.filter((name) => /^\.(new|ready)-/.test(name))).toEqual([]);
    }
  });

  test('nothing that a writer was told is done gets lost', async () => {
    const project = await filled();
    const created: string[] = [];
    let writing = true;
    const writers = [0, 1, 2].map(async (writer) => {
      for (let number = 0; writing; number += 1) {
        const title = `By ${writer}, number ${number}`;
        const result = await project.bd('create', title, '--json');
        if (result.exitCode === 0) created.push(title);
        else expect(['CONFLICT', 'NOT_INITIALIZED', 'DATABASE_UNKNOWN']).toContain(json(result)['code']);
      }
    });
    try {
      await eventually('the first create', () => created.length > 0);
      const moved = await move(project, to);
      expect(moved.stdout).toContain('"moved": true');
    } finally {
      writing = false;
      await Promise.all(writers);
    }
    expect(modeOf(project)).toBe(to);
    expect(await project.titles()).toEqual(expect.arrayContaining(created));
  });

  test('another project’s database of that name is refused and left as it is', async () => {
    const project = await filled();
    const stranger = await makeProject(workspace, to, server);
    await stranger.create('Foreign');
    const before = await stranger.ask(HASHES);
    const name = stranger.database;
    if (to === 'embedded') {
      // Put where the copy would go.
      mkdirSync(join(project.dir, '.beads', 'dolt'), { recursive: true });
      cpSync(join(stranger.dir, '.beads', 'dolt', name), join(project.dir, '.beads', 'dolt', name), {
        recursive: true,
      });
    }
    const refused = await move(project, to, '--database', name);
    expect(refused.exitCode).toBe(1);
    expect(json(refused)).toMatchObject({ code: 'IDENTITY_MISMATCH' });
    expect(await stranger.ask(HASHES)).toEqual(before);
    expect(modeOf(project)).toBe(from);
    expect(await project.titles()).toEqual(['One', 'Two']);
  });
});

test('what was written on the server after the move away from it is not replaced', async () => {
  const project = await makeProject(workspace, 'server', server);
  await project.create('One');
  await move(project, 'embedded');
  await askAt(server.port, project.database, ["UPDATE issues SET title = 'Changed by somebody else'"]);
  await project.create('Two');
  const refused = await move(project, 'server');
  expect(json(refused)).toMatchObject({ code: 'CONFLICT' });
  expect(await askAt(server.port, project.database, ['SELECT title FROM issues'])).toEqual([
    { title: 'Changed by somebody else' },
  ]);
  expect(await project.titles()).toEqual(['One', 'Two']);
  const renamed = await move(project, 'server', '--database', `${project.database}_copy`);
  expect(json(renamed)).toMatchObject({ moved: true, to: { database: `${project.database}_copy` } });
  expect(await project.titles()).toEqual(['One', 'Two']);
});

test('bd config set dolt.mode tells what is used and moves nothing', async () => {
  const project = await makeProject(workspace, 'embedded', server);
  await project.create('One');
  await project.bd('config', 'set', 'dolt.port', String(server.port));
  const set = await project.bd('config', 'set', 'dolt.mode', 'server');
  expect(set.stdout).toContain(`mysql://root@127.0.0.1:${server.port}/${project.database}`);
  expect(set.stdout).toContain('No data was moved');
  expect(set.stdout).toContain('bd dolt move --to server');
  const missing = await project.bd('list', '--json');
  expect(json(missing)).toMatchObject({
    code: 'DATABASE_UNKNOWN',
    hint: expect.stringContaining('bd dolt move --to server'),
  });
  const back = await project.bd('config', 'set', 'dolt.mode', 'embedded', '--json');
  expect(json(back)['uses']).toBe(join(project.dir, '.beads', 'dolt', project.database));
  expect(await project.titles()).toEqual(['One']);
  await project.bd('config', 'set', 'dolt.mode', 'server');
  expect(json(await move(project, 'server'))).toMatchObject({ moved: true });
  expect(await project.titles()).toEqual(['One']);
});

test('embedded mode without a move makes no empty database in place of the server’s', async () => {
  const project = await makeProject(workspace, 'server', server);
  await project.create('One');
  const set = await project.bd('config', 'set', 'dolt.mode', 'embedded');
  expect(set.stdout).toContain('bd dolt move --to embedded');
  const listed = await project.bd('list', '--json');
  expect(json(listed)).toMatchObject({
    code: 'NOT_INITIALIZED',
    hint: expect.stringContaining('bd dolt move --to embedded'),
  });
  expect(existsSync(join(project.dir, '.beads', 'dolt'))).toBe(false);
  expect(json(await move(project, 'embedded'))).toMatchObject({ moved: true });
  expect(await project.titles()).toEqual(['One']);
});

test('a variable that decides the mode, a server that does not answer, nothing to move', async () => {
  const project = await makeProject(workspace, 'embedded', server);
  const named = await workspace.bd(['dolt', 'move', '--to', 'embedded', '--json'], {
    cwd: project.dir,
    env: { BEADS_DOLT_SERVER_MODE: '1' },
  });
  expect(json(named)).toMatchObject({ code: 'VALIDATION', hint: expect.stringContaining('BEADS_DOLT_SERVER_MODE') });
  const away = await project.bd('dolt', 'move', '--to', 'server', '--server-port', '1', '--json');
  expect(json(away)).toMatchObject({ code: 'SERVER_UNREACHABLE' });
  const far = await project.bd('dolt', 'move', '--to', 'server', '--server-host', '192.0.2.1', '--json');
  expect(json(far)).toMatchObject({ code: 'VALIDATION', error: expect.stringContaining('another machine') });
  const onServer = await makeProject(workspace, 'server', server);
  await onServer.ask('USE information_schema', `DROP DATABASE ${onServer.database}`);
  expect(json(await move(onServer, 'embedded'))).toMatchObject({ code: 'NOT_FOUND' });
  expect(existsSync(join(onServer.dir, '.beads', 'dolt', onServer.database))).toBe(false);
});
