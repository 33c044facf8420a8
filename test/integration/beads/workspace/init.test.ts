import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BareServer } from '../../../helpers/bare-server.ts';
import { testPort } from '../../../helpers/ports.ts';
import { makeServerWorkspace } from '../../../helpers/server-workspace.ts';
import { silentServer } from '../../../helpers/silent-server.ts';
import { json, type Workspace } from '../../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  const made = await makeServerWorkspace();
  ({ workspace, server } = made);
  return made.dispose;
});

let count = 0;
let dir: string;

beforeEach(() => {
  count += 1;
  dir = join(workspace.home, `proj-${count}`);
  mkdirSync(dir);
});

const bd = (args: readonly string[], cwd = dir, env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { cwd, env });
const beads = (...path: string[]) => join(dir, '.beads', ...path);
const read = (path: string) => readFileSync(path, 'utf8');
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const onServer = () => ['--server', '--server-port', String(server.port)];

/** Asks the server on a connection of its own. */
async function ask(sql: string, database?: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    ...(database ? { database } : {}),
  });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

/** Asks an embedded database with the dolt program. */
function askDolt(database: string, sql: string): unknown[] {
  const cwd = beads('dolt', database);
  const env = { ...workspace.env, DOLT_ROOT_PATH: workspace.home };
  const out = execFileSync(process.env['GT_DOLT_BIN'] ?? 'dolt', ['sql', '-r', 'json', '-q', sql], {
    cwd,
    env,
    encoding: 'utf8',
  });
  return (JSON.parse(out || '{}') as { rows?: unknown[] }).rows ?? [];
}

describe('embedded, the default', () => {
  test('makes the database, the files with their modes, and says so', async () => {
    const result = await bd(['init', '--prefix', 'hm']);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain(
      [
        '✓ bd initialized successfully!',
        '',
        '  Backend: dolt',
        '  Mode: embedded',
        '  Database: hm',
        '  Issue prefix: hm',
        '  Issues will be named: hm-<hash> (e.g., hm-a3f2dd)',
      ].join('\n'),
    );
    expect(mode(beads())).toBe('700');
    expect(mode(beads('metadata.json'))).toBe('600');
    expect(mode(beads('config.yaml'))).toBe('600');
    const metadata = read(beads('metadata.json'));
    expect(metadata).toMatch(
      /^\{\n {2}"database": "dolt",\n {2}"backend": "dolt",\n {2}"dolt_mode": "embedded",\n {2}"dolt_database": "hm",\n {2}"project_id": "[0-9a-f-]{36}"\n\}$/,
    );
    expect(read(beads('config.yaml'))).toMatch(/^export\.auto: false$/m);
    expect(read(beads('.gitignore')).split('\n')).toEqual(
      expect.arrayContaining(['dolt/', 'embeddeddolt/', '.env', '*.db?*', '.beads-credential-key']),
    );
    const id = JSON.parse(metadata).project_id;
    expect(askDolt('hm', "SELECT value FROM metadata WHERE `key` = '_project_id'")).toEqual([{ value: id }]);
    expect(askDolt('hm', "SELECT value FROM config WHERE `key` = 'issue_prefix'")).toEqual([{ value: 'hm' }]);
    expect(askDolt('hm', 'SELECT * FROM dolt_status')).toEqual([]);
    expect(askDolt('hm', 'SELECT committer FROM dolt_log LIMIT 1')).toEqual([{ committer: 'tester' }]);
  });

  test('leaves no lock behind, and neither does a change of the configuration', async () => {
    await bd(['init', '--prefix', 'hm']);
    const made = readdirSync(beads()).sort();
    expect(made.filter((name) => name.includes('lock'))).toEqual([]);
    await bd(['config', 'set', 'actor', 'ann']);
    expect(readdirSync(beads()).sort()).toEqual(made);
  });

  test('the prefix comes from the directory', async () => {
    const odd = join(workspace.home, `.9 odd.name-${count}-`);
    mkdirSync(odd);
    const result = await bd(['init', '--json'], odd);
    expect(json(result)).toMatchObject({ prefix: `bd_9_odd_name-${count}`, database: `bd_9_odd_name_${count}` });
  });

  test('again: tells what is there, changes no byte, exit 0', async () => {
    await bd(['init', '--prefix', 'hm']);
    writeFileSync(beads('config.yaml'), '# mine\n');
    const before = snapshot(dir);
    for (const args of [[], ['--prefix', 'hm'], ['--database', 'hm'], ['--quiet']]) {
      const result = await bd(['init', ...args]);
      expect(result.exitCode).toBe(0);
      if (args[0] === '--quiet') expect(result.stdout).toBe('');
      else expect(result.stdout).toContain('This workspace is already initialized. Nothing was changed.');
    }
    expect(snapshot(dir)).toEqual(before);
  });

  test.each([
    [['--prefix', 'zz'], /begin with "hm-", not "zz-"/],
    [['--database', 'zz'], /dolt\.database "hm" and not "zz"/],
    [['--server'], /dolt\.mode "embedded" and not "server"/],
  ])('with %j contradicting what is there: refused, nothing changed', async (args, message) => {
    await bd(['init', '--prefix', 'hm']);
    const before = snapshot(dir);
    const result = await bd(['init', ...args, '--json']);
    expect(result.exitCode).toBe(1);
    expect(json(result)).toMatchObject({ code: 'ALREADY_EXISTS', error: expect.stringMatching(message) });
    expect(snapshot(dir)).toEqual(before);
  });

  test('two, and five, at once: one makes it, the others see it', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => bd(['init', '--prefix', 'hm', '--json'])));
    expect(results.map((result) => result.exitCode)).toEqual([0, 0, 0, 0, 0]);
    const documents = results.map((result) => json<{ created: boolean; project_id: string }>(result));
    expect(documents.filter((document) => document.created)).toHaveLength(1);
    expect(new Set(documents.map((document) => document.project_id)).size).toBe(1);
    expect(askDolt('hm', 'SELECT COUNT(*) AS n FROM dolt_log')).toEqual([{ n: 2 }]);
    expect(readdirSync(beads('dolt')).filter((name) => !name.startsWith('.'))).toEqual(['hm']);
  });

  test('what a killed init left is completed', async () => {
    await bd(['init', '--prefix', 'hm']);
    const project = JSON.parse(read(beads('metadata.json'))).project_id;
    execFileSync('rm', [beads('metadata.json'), beads('README.md')]);
    mkdirSync(beads('dolt', '.new-left', 'hm'), { recursive: true });
    const result = await bd(['init', '--prefix', 'hm']);
    expect(result.exitCode).toBe(0);
    expect(JSON.parse(read(beads('metadata.json'))).project_id).toBe(project);
    expect(existsSync(beads('README.md'))).toBe(true);
  });

  test('a clone that has metadata.json and no database gets one of the same project', async () => {
    await bd(['init', '--prefix', 'hm']);
    const metadata = read(beads('metadata.json'));
    execFileSync('rm', ['-r', beads('dolt')]);
    expect((await bd(['init', '--prefix', 'hm'])).exitCode).toBe(0);
    expect(read(beads('metadata.json'))).toBe(metadata);
    expect(askDolt('hm', "SELECT value FROM metadata WHERE `key` = '_project_id'")).toEqual([
      { value: JSON.parse(metadata).project_id },
    ]);
  });
});

describe('in a git repository', () => {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: dir, env: workspace.env, encoding: 'utf8', stdio: 'pipe' });

  test('adds to .gitignore and AGENTS.md once, commits nothing, installs no hooks', async () => {
    git('init', '-q');
    writeFileSync(join(dir, '.gitignore'), 'node_modules\n*.db');
    writeFileSync(join(dir, 'AGENTS.md'), '# Ours\n');
    await bd(['init']);
    await bd(['init']);
    expect(read(join(dir, '.gitignore'))).toBe('node_modules\n*.db\n.dolt/\n.beads-credential-key\n');
    expect(read(join(dir, 'AGENTS.md'))).toMatch(/^# Ours\n\n<!-- BEGIN BEADS -->\n[\s\S]*<!-- END BEADS -->\n$/);
    expect(read(join(dir, 'AGENTS.md')).match(/BEGIN BEADS/g)).toHaveLength(1);
    expect(git('status', '--short', '-uall').split('\n')).toEqual(
      expect.arrayContaining(['?? .beads/metadata.json', '?? .beads/config.yaml']),
    );
    expect(git('status', '--short', '-uall')).not.toMatch(/dolt\/|lock/);
    expect(() => git('rev-parse', 'HEAD')).toThrow();
    expect(() => git('config', 'core.hooksPath')).toThrow();
  });

  test('--stealth leaves no trace', async () => {
    git('init', '-q');
    await bd(['init', '--stealth']);
    expect(git('status', '--short')).toBe('');
    expect(existsSync(join(dir, 'AGENTS.md'))).toBe(false);
  });

  test('in a subdirectory of a workspace it tells of that workspace', async () => {
    git('init', '-q');
    await bd(['init', '--prefix', 'hm']);
    mkdirSync(join(dir, 'src'));
    const result = await bd(['init', '--json'], join(dir, 'src'));
    expect(json(result)).toMatchObject({ created: false, beads_dir: beads(), prefix: 'hm' });
    expect(existsSync(join(dir, 'src', '.beads'))).toBe(false);
  });
});

describe('on a server', () => {
  test('makes the database there, and what the Go bd needs to find it', async () => {
    const result = await bd(['init', ...onServer(), '--prefix', `sv-${count}`]);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain(
      `  Mode: server\n  Server: root@127.0.0.1:${server.port}\n  Database: sv_${count}\n`,
    );
    expect(JSON.parse(read(beads('metadata.json')))).toMatchObject({
      dolt_mode: 'server',
      dolt_server_host: '127.0.0.1',
      dolt_server_port: server.port,
      dolt_database: `sv_${count}`,
    });
    expect(read(beads('dolt-server.port'))).toBe(String(server.port));
    const [row] = await ask("SELECT value FROM config WHERE `key` = 'issue_prefix'", `sv_${count}`);
    expect(row?.['value']).toBe(`sv-${count}`);
    expect(await ask('SELECT * FROM dolt_status', `sv_${count}`)).toEqual([]);
    const again = await bd(['init', '--json']);
    expect(json(again)).toMatchObject({ created: false, mode: 'server', database: `sv_${count}` });
  });

  test('a server that is down: the endpoint and what to do; nothing is left behind', async () => {
    const port = await testPort();
    const result = await bd(['init', '--server', '--server-port', String(port)]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(new RegExp(`Dolt server unreachable at 127\\.0\\.0\\.1:${port}`));
    expect(result.stderr).toContain('gt dolt start');
    expect(existsSync(beads())).toBe(false);
  });

  test('a database of another project is refused, unless it is named', async () => {
    await bd(['init', ...onServer(), '--prefix', `own${count}`]);
    const before = await ask('SELECT * FROM dolt_log', `own${count}`);
    const other = join(workspace.home, `other-${count}`);
    mkdirSync(other);
    const refused = await bd(['init', ...onServer(), '--prefix', `own${count}`, '--json'], other);
    expect(refused.exitCode).toBe(1);
    expect(json(refused)).toMatchObject({
      code: 'ALREADY_EXISTS',
      error: expect.stringContaining('belongs to project'),
    });
    expect(existsSync(join(other, '.beads', 'metadata.json'))).toBe(false);
    const joined = await bd(['init', ...onServer(), '--database', `own${count}`, '--json'], other);
    expect(joined.exitCode).toBe(0);
    expect(json(joined)).toMatchObject({
      prefix: `own${count}`,
      project_id: JSON.parse(read(beads('metadata.json'))).project_id,
    });
    expect(await ask('SELECT * FROM dolt_log', `own${count}`)).toEqual(before);
  });

  test('a database with other tables is left as it is', async () => {
    await ask(`CREATE DATABASE app${count}`);
    await ask('CREATE TABLE users (id INT PRIMARY KEY)', `app${count}`);
    const result = await bd(['init', ...onServer(), '--prefix', `app${count}`, '--json']);
    expect(json(result)).toMatchObject({ code: 'ALREADY_EXISTS', error: expect.stringContaining('other tables') });
    expect(await ask('SHOW TABLES', `app${count}`)).toHaveLength(1);
  });

  test('two projects that want one name at the same time: one gets it', async () => {
    const other = join(workspace.home, `twin-${count}`);
    mkdirSync(other);
    const init = (at: string) => bd(['init', ...onServer(), '--prefix', `twin${count}`, '--json'], at);
    const results = await Promise.all([init(dir), init(other)]);
    expect(results.map((result) => result.exitCode).sort()).toEqual([0, 1]);
    expect(json(results.find((result) => result.exitCode === 1) ?? results[0])).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });

  test('a rig of the prefix’s name, or the one that --rig names, has its own server', async () => {
    const state = (rig: string) => {
      const path = join(workspace.dataDir, '.gt', 'state', `${rig}.json`);
      mkdirSync(dirname(path), { recursive: true });
      const dataDir = join(workspace.dataDir, rig);
      const process = { pid: server.pid, startTime: 'x', executable: '/x', dataDir, token: 'x' };
      const rest = { remotesapiPort: null, version: null, startedAt: null, restarts: 0, lastError: null };
      writeFileSync(
        path,
        JSON.stringify({ rig, state: 'running', server: process, host: '127.0.0.1', port: server.port, ...rest }),
      );
    };
    state(`rig${count}`);
    const byName = await bd(['init', '--server', '--prefix', `rig${count}`, '--json']);
    expect(json(byName)).toMatchObject({ database: `rig${count}`, server: { port: server.port } });
    const other = join(workspace.home, `clone-${count}`);
    mkdirSync(other);
    const byRig = await bd(['init', '--rig', `rig${count}`, '--json'], other);
    expect(json(byRig)).toMatchObject({ database: `rig${count}`, prefix: `rig${count}`, mode: 'server' });
    const stopped = await bd(['init', '--rig', 'nobody', '--json'], join(workspace.home));
    expect(json(stopped)).toMatchObject({ code: 'SERVER_NOT_RUNNING', hint: 'gt dolt start nobody' });
  });
});

describe('a Dolt remote', () => {
  test('without data is added as origin; with data it is cloned', async () => {
    const url = `file://${join(workspace.home, `remote-${count}`)}`;
    mkdirSync(join(workspace.home, `remote-${count}`));
    expect((await bd(['init', '--prefix', 'hm', '--remote', url])).exitCode).toBe(0);
    expect(read(beads('config.yaml'))).toContain(`sync.remote: "${url}"`);
    expect(askDolt('hm', 'SELECT name, url FROM dolt_remotes')).toEqual([{ name: 'origin', url }]);
    askDolt('hm', "CALL DOLT_PUSH('origin', 'main')");
    const project = JSON.parse(read(beads('metadata.json'))).project_id;
    for (const args of [
      ['--database', 'hm'],
      [...onServer(), '--database', `cl${count}`],
    ]) {
      const clone = join(workspace.home, `cl-${count}-${args.length}`);
      mkdirSync(clone);
      const result = await bd(['init', '--remote', url, ...args, '--json'], clone);
      expect(json(result)).toMatchObject({ prefix: 'hm', project_id: project });
    }
    // An empty database, as gt makes it for a rig, takes it too.
    const clone = join(workspace.home, `cl-${count}-rig`);
    mkdirSync(clone);
    await ask(`CREATE DATABASE rig${count}`);
    const result = await bd(['init', '--remote', url, ...onServer(), '--database', `rig${count}`, '--json'], clone);
    expect(json(result)).toMatchObject({ prefix: 'hm', project_id: project });
  });

  test.each(['embedded', 'server'])(
    'that hangs is given up, stops no other client, and leaves nothing: %s',
    async (kind) => {
      const silent = await silentServer();
      const asked = once(silent.server, 'connection');
      const url = `git+http://127.0.0.1:${silent.port}/x.git`;
      const where = kind === 'server' ? onServer() : [];
      const database = `hang_${kind}`;
      try {
        const args = ['init', '--prefix', 'hm', '--database', database, '--remote', url, ...where, '--json'];
        const waiting = workspace.bd(args, { cwd: dir, env: { BD_DOLT_REMOTE_TIMEOUT: '3s' } });
        await asked;
        const names = (await ask('SHOW DATABASES')).map((row) => row['Database']);
        expect(names).not.toContain(database);
        expect(json(await waiting)).toMatchObject({ code: 'REMOTE_TIMEOUT', error: expect.stringContaining(url) });
        expect(existsSync(beads('metadata.json'))).toBe(false);
        expect(existsSync(beads('dolt'))).toBe(false);
      } finally {
        silent.server.close();
      }
    },
  );

  test('that does not answer is an error, and no database is passed off as its data', async () => {
    const result = await bd(['init', '--prefix', 'hm', '--remote', 'http://127.0.0.1:1/nope', '--json']);
    expect(result.exitCode).toBe(1);
    expect(json(result)).toMatchObject({ error: expect.stringContaining('cannot clone http://127.0.0.1:1/nope') });
    expect(existsSync(beads('metadata.json'))).toBe(false);
    expect(existsSync(beads('dolt'))).toBe(false);
  });
});

test('where nothing can be written it says so', async () => {
  writeFileSync(beads(), 'a file');
  const result = await bd(['init', '--json']);
  expect(result.exitCode).toBe(1);
  expect(json(result)).toMatchObject({ code: 'IO_ERROR', error: expect.stringContaining(beads()) });
});

test('a read-only directory is told as one', async () => {
  chmodSync(dir, 0o500);
  const result = await workspace.bd(['init', '--json'], { cwd: dir, obeyPermissions: true });
  chmodSync(dir, 0o700);
  expect(json(result)).toMatchObject({ code: 'IO_ERROR', error: expect.stringContaining('permission denied') });
});

test('--readonly refuses, an SQLite file is pointed to its migration', async () => {
  expect(json(await bd(['--readonly', 'init', '--json']))).toMatchObject({
    code: 'READ_ONLY',
    error: "operation 'init' is not allowed in read-only mode",
  });
  mkdirSync(beads());
  writeFileSync(beads('beads.db'), '');
  expect(json(await bd(['init', '--json']))).toMatchObject({
    code: 'ALREADY_EXISTS',
    hint: expect.stringContaining('bd migrate --to-dolt'),
  });
});

/** Every file outside Dolt's own directories, with its content and time of change. */
function snapshot(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => !name.includes('.dolt/') && statSync(join(directory, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [name, `${statSync(join(directory, name)).mtimeMs} ${read(join(directory, name))}`]),
  );
}
