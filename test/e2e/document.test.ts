import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterEach, expect, test } from 'vitest';
import { testPort } from '../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../helpers/workspace.ts';

// What the document that the project comes from shows, typed as it stands there, in an empty HOME.

let workspace: Workspace;

afterEach(() => workspace.dispose());

function project(name: string): string {
  const directory = join(workspace.home, name);
  mkdirSync(directory);
  return directory;
}

/** Subjects of the Dolt commits, newest first, by the dolt program itself. */
async function doltLog(database: string): Promise<string[]> {
  const { stdout } = await execa(process.env['GT_DOLT_BIN'] ?? 'dolt', ['log', '--oneline'], {
    cwd: database,
    env: { DOLT_ROOT_PATH: join(workspace.home, 'oracle'), NO_COLOR: '1' },
  });
  return stdout.split('\n');
}

async function rows(port: number, database: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', database });
  const [found] = await connection.query<RowDataPacket[]>(sql);
  await connection.end();
  return found;
}

test('a new project, embedded: no server, and a Dolt commit for each write', async () => {
  workspace = makeWorkspace();
  const cwd = project('app');
  expect((await workspace.bd(['init'], { cwd })).stdout).toContain('✓ bd initialized successfully!');
  const database = join(cwd, '.beads/dolt/app');
  expect(existsSync(join(database, '.dolt'))).toBe(true);
  const before = (await doltLog(database)).length;

  expect((await workspace.bd(['create', 'New issue'], { cwd })).stdout).toMatch(
    /^✓ Created issue: app-\w+ — New issue$/m,
  );
  expect(await doltLog(database)).toHaveLength(before + 1);

  for (const title of ['Issue 1', 'Issue 2']) {
    expect((await workspace.bd(['--dolt-auto-commit', 'off', 'create', title], { cwd })).exitCode).toBe(0);
  }
  expect(await doltLog(database)).toHaveLength(before + 1);

  const listed = await workspace.bd(['list'], { cwd });
  for (const title of ['New issue', 'Issue 1', 'Issue 2']) expect(listed.stdout).toContain(title);
  expect(readdirSync(workspace.home).filter((name) => name === '.dolt' || name === '.dolt-data')).toEqual([]);
});

test('a new project on the server that gt started: rows at once, Dolt commits when asked', async () => {
  const port = await testPort();
  workspace = makeWorkspace({ GT_DOLT_PORT: String(port), BEADS_DOLT_SERVER_PORT: String(port) });
  const cwd = project('app');

  const refused = await workspace.bd(['init', '--server'], { cwd });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('gt dolt start');

  expect((await workspace.gt(['dolt', 'start'])).exitCode).toBe(0);
  expect((await workspace.bd(['init', '--server'], { cwd })).exitCode).toBe(0);
  const commits = async () => Number((await rows(port, 'app', 'SELECT COUNT(*) AS n FROM dolt_log'))[0]?.['n']);
  const before = await commits();
  const { id } = json<{ id: string }>(await workspace.bd(['create', 'New issue', '--json'], { cwd }));
  expect(await rows(port, 'app', 'SELECT id, title FROM issues')).toEqual([{ id, title: 'New issue' }]);
  expect(await commits()).toBe(before);
  expect((await workspace.gt(['dolt', 'status'])).exitCode).toBe(0);
});

test('bd on a server that was started by hand in the rig’s directory', async () => {
  const port = await testPort();
  workspace = makeWorkspace({ GT_DOLT_PORT: String(port) });
  await workspace.gt(['dolt', 'start']);
  await workspace.gt(['dolt', 'stop']);
  // cd ~/.dolt-data/beads && dolt sql-server --port 3307
  const server = spawn(
    process.env['GT_DOLT_BIN'] ?? 'dolt',
    ['sql-server', '--port', String(port), '--socket', join(workspace.home, 's')],
    {
      cwd: join(workspace.dataDir, 'beads'),
      env: { PATH: process.env['PATH'], HOME: workspace.home, DOLT_ROOT_PATH: join(workspace.home, 'dolt-root') },
      stdio: 'ignore',
    },
  );
  const exited = once(server, 'exit');
  try {
    await expect.poll(async () => (await workspace.gt(['dolt', 'status'])).exitCode, { timeout: 60_000 }).toBe(0);
    const cwd = project('app');
    mkdirSync(join(cwd, '.beads'), { mode: 0o700 });
    writeFileSync(
      join(cwd, '.beads/config.yaml'),
      `dolt:\n  mode: server\n  host: 127.0.0.1\n  port: ${port}\n  user: root\n`,
    );
    expect((await workspace.bd(['init', '--server'], { cwd })).exitCode).toBe(0);
    expect(readFileSync(join(cwd, '.beads/config.yaml'), 'utf8')).toContain('mode: server');
    expect((await workspace.bd(['create', 'By hand'], { cwd })).exitCode).toBe(0);
    expect((await rows(port, 'app', 'SELECT title FROM issues'))[0]).toEqual({ title: 'By hand' });
    expect(json(await workspace.gt(['dolt', 'status', '--json']))).toMatchObject({
      rigs: [{ managed: false, identity: 'verified' }],
    });
  } finally {
    server.kill();
    await exited;
  }
});
