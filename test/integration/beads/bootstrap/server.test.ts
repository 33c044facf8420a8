import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BareServer, startBareServer } from '../../../helpers/bare-server.ts';
import { testPort } from '../../../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../../../helpers/workspace.ts';
import { extras, listed, pushToFile, type SharedProject, shareProject } from './project.ts';

let workspace: Workspace;
let server: BareServer;
let api: number;

beforeAll(async () => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  api = await testPort();
});

afterAll(async () => {
  await server.stop();
  await workspace.dispose();
});

let count = 0;

beforeEach(() => {
  count += 1;
});

const bd = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { cwd, env });

/** Asks the server on a connection of its own. */
async function ask(sql: string, database?: string): Promise<RowDataPacket[]> {
  const at = { host: '127.0.0.1', port: server.port, user: 'root', ...(database ? { database } : {}) };
  const connection = await createConnection(at);
  try {
    return (await connection.query<RowDataPacket[]>(sql))[0];
  } finally {
    await connection.end();
  }
}

const hasDatabase = async (name: string) => (await ask('SHOW DATABASES')).some((row) => row['Database'] === name);

/** A clone of a project whose metadata.json says that the issues are on the server, under a name of the test's. */
function cloneForServer(project: SharedProject, name: string): { cwd: string; database: string } {
  const cwd = project.clone(name);
  const database = `hm_${count}`;
  const path = join(cwd, '.beads/metadata.json');
  const metadata = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const place = { dolt_mode: 'server', dolt_server_host: '127.0.0.1', dolt_server_port: server.port };
  writeFileSync(path, JSON.stringify({ ...metadata, ...place, dolt_database: database }));
  return { cwd, database };
}

async function withFileRemote() {
  const remote = join(workspace.home, `remote-${count}`);
  const project = await shareProject(workspace, `p-${count}`, { remote: `file://${remote}` });
  pushToFile(project, remote);
  return { project, remote };
}

test('twenty first commands at once: the server gets one clone, and all show its issues', async () => {
  const { project, remote } = await withFileRemote();
  const { cwd, database } = cloneForServer(project, 'b');
  const results = await Promise.all(Array.from({ length: 20 }, () => bd(cwd, ['list', '--json'])));
  for (const result of results) {
    expect(result.exitCode, result.stderr).toBe(0);
    expect(json<{ id: string }[]>(result)).toHaveLength(2);
  }
  expect(results.filter(({ stderr }) => stderr.includes('First clone:'))).toHaveLength(1);
  expect(await ask('SELECT name, url FROM dolt_remotes', database)).toEqual([
    { name: 'origin', url: `file://${remote}` },
  ]);
  expect(extras(cwd)).toEqual(['dolt-server.port']);
});

test('without a remote the database is made on the server, for the same project', async () => {
  const project = await shareProject(workspace, `p-${count}`);
  const { cwd, database } = cloneForServer(project, 'b');
  const steps = await bd(cwd, ['list'], { BD_DEBUG: '1' });
  expect(steps.stderr).toContain('created initial Dolt commit');
  const known = JSON.parse(readFileSync(join(cwd, '.beads/metadata.json'), 'utf8'));
  expect(await ask("SELECT value FROM metadata WHERE `key` = '_project_id'", database)).toEqual([
    { value: known.project_id },
  ]);
  expect((await ask('SELECT message FROM dolt_log', database)).map((row) => row['message'])[0]).toBe('bd init');
  expect(await ask('SELECT * FROM dolt_status', database)).toEqual([]);
});

test.each([
  ['with', true],
  ['without', false],
])('an empty database that gt or a killed process left is filled, %s a remote', async (_, remote) => {
  const project = remote ? (await withFileRemote()).project : await shareProject(workspace, `p-${count}`);
  const { cwd, database } = cloneForServer(project, 'b');
  await ask(`CREATE DATABASE ${database}`);
  expect(await listed(workspace, cwd)).toHaveLength(remote ? 2 : 0);
});

test('a database that is gone comes from the remote again, and it is said what is not in it', async () => {
  const { project } = await withFileRemote();
  const { cwd, database } = cloneForServer(project, 'b');
  expect(await listed(workspace, cwd)).toHaveLength(2);
  await bd(cwd, ['create', 'Not pushed']);
  await ask(`DROP DATABASE ${database}`);
  expect(json(await bd(cwd, ['bootstrap', '--dry-run', '--json']))).toMatchObject({ action: 'sync', mode: 'server' });
  const again = await bd(cwd, ['list', '--json']);
  expect(again.stderr).toContain('what was not pushed is not in it');
  expect(
    json<{ id: string }[]>(again)
      .map(({ id }) => id)
      .sort(),
  ).toEqual([...project.ids].sort());
});

test('a database that is gone and has no remote is told with its backups, and made empty only when told', async () => {
  const project = await shareProject(workspace, `p-${count}`);
  const { cwd, database } = cloneForServer(project, 'b');
  expect((await bd(cwd, ['create', 'Lost'])).exitCode).toBe(0);
  const backup = await bd(cwd, ['backup', '--json']);
  expect(backup.exitCode, backup.stdout).toBe(0);
  await ask(`DROP DATABASE ${database}`);
  const failed = await bd(cwd, ['list', '--json']);
  expect(failed.exitCode).toBe(1);
  expect(json(failed)).toMatchObject({ code: 'DATABASE_UNKNOWN', hint: expect.stringContaining('bd bootstrap') });
  expect(json(failed)['hint']).toContain('bd restore');
  expect(await hasDatabase(database)).toBe(false);
  expect((await bd(cwd, ['bootstrap'])).exitCode).toBe(0);
  expect(await listed(workspace, cwd)).toEqual([]);
});

test('a database that is gone comes from git’s origin again, if that carries it and can be asked', async () => {
  const project = await shareProject(workspace, `p-${count}`);
  project.dolt('remote', 'add', 'origin', `git+file://${project.origin}`);
  project.dolt('push', 'origin', 'main');
  const { cwd, database } = cloneForServer(project, 'b');
  expect(await listed(workspace, cwd)).toHaveLength(2);
  await ask(`DROP DATABASE ${database}`);
  renameSync(project.origin, `${project.origin}-away`);
  const failed = await bd(cwd, ['list', '--json']);
  expect(json(failed)).toMatchObject({ code: 'DATABASE_UNKNOWN', error: expect.stringContaining(database) });
  expect(await hasDatabase(database)).toBe(false);
  renameSync(`${project.origin}-away`, project.origin);
  const again = await bd(cwd, ['list', '--json']);
  expect(again.exitCode, again.stdout).toBe(0);
  expect(again.stderr).toContain('what was not pushed is not in it');
  expect(json<{ id: string }[]>(again)).toHaveLength(2);
});

test.each(['nobody', 'another server'])(
  'a rig that moved gets the database, when at the recorded port there is %s',
  async (there) => {
    const { project } = await withFileRemote();
    const { cwd, database } = cloneForServer(project, 'b');
    const other = there === 'nobody' ? undefined : await startBareServer({ dataDir: join(workspace.home, 'stranger') });
    try {
      const path = join(cwd, '.beads/metadata.json');
      const metadata = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      writeFileSync(path, JSON.stringify({ ...metadata, dolt_server_port: other?.port ?? (await testPort()) }));
      mkdirSync(workspace.dataDir, { recursive: true, mode: 0o700 });
      writeFileSync(join(workspace.dataDir, 'gt.yaml'), `rigs:\n  ${database}: { port: ${server.port} }\n`);
      const plan = json(await bd(cwd, ['bootstrap', '--dry-run', '--json']));
      expect(plan).toMatchObject({ action: 'sync', database_path: expect.stringContaining(`:${server.port}/`) });
      expect(await hasDatabase(database)).toBe(false);
      // Neither by the command, nor by itself, nor from a backup does it get to the wrong server.
      const made = json(await bd(cwd, ['bootstrap', '--json']));
      expect(made).toMatchObject({
        cloned: true,
        issues: 2,
        database_path: expect.stringContaining(`:${server.port}/`),
      });
      expect(json(await bd(cwd, ['bootstrap', '--json']))).toMatchObject({ action: 'none', has_existing: true });
      expect((await bd(cwd, ['backup'])).exitCode).toBe(0);
      await ask(`DROP DATABASE ${database}`);
      expect(await listed(workspace, cwd)).toHaveLength(2);
      await ask(`DROP DATABASE ${database}`);
      const restored = await bd(cwd, ['restore', join(cwd, '.beads/backup', database)]);
      expect(restored.exitCode, restored.stderr).toBe(0);
      expect(await hasDatabase(database)).toBe(true);
      const wrong = other && (await createConnection({ host: '127.0.0.1', port: other.port, user: 'root' }));
      const [databases] = wrong ? await wrong.query<RowDataPacket[]>('SHOW DATABASES') : [[]];
      expect(databases.map((row) => row['Database'])).not.toContain(database);
      await wrong?.end();
    } finally {
      rmSync(workspace.dataDir, { recursive: true });
      await other?.stop();
    }
  },
);

test('a remote that hangs stops nobody else, and leaves nothing on the server', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
  const address = silent.address();
  try {
    const remote = `git+http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/x.git`;
    const project = await shareProject(workspace, `p-${count}`, { remote });
    const { cwd, database } = cloneForServer(project, 'b');
    const waiting = bd(cwd, ['list', '--json'], { BD_DOLT_REMOTE_TIMEOUT: '3s' });
    expect(await hasDatabase(database)).toBe(false);
    const failed = await waiting;
    expect(json(failed)).toMatchObject({ code: 'REMOTE_TIMEOUT', error: expect.stringContaining(remote) });
    expect(await hasDatabase(database)).toBe(false);
    expect(extras(cwd)).toEqual([]);
  } finally {
    silent.close();
  }
});

test('a remote of another project leaves nothing on the server', async () => {
  const { project } = await withFileRemote();
  const { cwd, database } = cloneForServer(project, 'b');
  const path = join(cwd, '.beads/metadata.json');
  const metadata = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...metadata, project_id: '11111111-1111-4111-8111-111111111111' }));
  expect(json(await bd(cwd, ['list', '--json']))).toMatchObject({ code: 'IDENTITY_MISMATCH' });
  expect(await hasDatabase(database)).toBe(false);
});

test.each([/plan:/, /pulling from the remote/, /pulled:/, /handing the clone over/])(
  'killed at %s: the next command does it',
  async (line) => {
    const { project } = await withFileRemote();
    const { cwd, database } = cloneForServer(project, 'b');
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../../../dist/bin/bd.cjs'), 'list'], {
      cwd,
      env: { ...workspace.env, BD_DEBUG: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (line.test(said)) child.kill('SIGKILL');
    });
    await ended;
    expect(said).toMatch(line);
    expect(await listed(workspace, cwd)).toEqual([...project.ids].sort());
    expect(existsSync(join(cwd, '.beads/dolt', database))).toBe(false);
  },
);

test('credentials of this environment reach a remote that the server could not', async () => {
  const peer = await startBareServer({
    dataDir: join(workspace.home, `peer-${count}`),
    args: ['--remotesapi-port', String(api)],
  });
  try {
    const root = await createConnection({ host: '127.0.0.1', port: peer.port, user: 'root' });
    await root.query('CREATE DATABASE hm');
    await root.query("CREATE USER sync@'%' IDENTIFIED BY 'sesame'");
    await root.query("GRANT ALL ON *.* TO sync@'%'");
    await root.query("GRANT CLONE_ADMIN ON *.* TO sync@'%'");
    await root.query("ALTER USER 'root'@'localhost' IDENTIFIED BY 'other'");
    await root.end();
    const credentials = { DOLT_REMOTE_USER: 'sync', DOLT_REMOTE_PASSWORD: 'sesame' };
    const url = `http://127.0.0.1:${api}/hm`;
    const project = await shareProject(workspace, `p-${count}`, { remote: url });
    const pushed = await bd(project.first, ['dolt', 'push', '--force'], credentials);
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    const { cwd, database } = cloneForServer(project, 'b');
    expect(json(await bd(cwd, ['list', '--json']))).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(await hasDatabase(database)).toBe(false);
    const done = await bd(cwd, ['list', '--json'], credentials);
    expect(json<{ id: string }[]>(done)).toHaveLength(2);
    expect(await ask('SELECT name, url FROM dolt_remotes', database)).toEqual([{ name: 'origin', url }]);
  } finally {
    await peer.stop();
  }
});

test('a server that does not run is told; nothing is made elsewhere', async () => {
  const project = await shareProject(workspace, `p-${count}`);
  const { cwd } = cloneForServer(project, 'b');
  const port = await testPort();
  mkdirSync(join(cwd, 'sub'));
  const failed = await bd(join(cwd, 'sub'), ['list', '--json'], { BEADS_DOLT_SERVER_PORT: String(port) });
  expect(json(failed)).toMatchObject({ code: 'SERVER_UNREACHABLE', hint: expect.stringContaining('gt dolt start') });
  expect(extras(cwd)).toEqual([]);
});
