import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { testPort } from '../../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  mkdirSync(join(workspace.home, 'embedded'));
  mkdirSync(join(workspace.home, 'server'));
  await workspace.bd(['init', '--prefix', 'em'], { cwd: join(workspace.home, 'embedded') });
  const port = ['--server-port', String(server.port)];
  await workspace.bd(['init', '--prefix', 'sv', '--server', ...port], { cwd: join(workspace.home, 'server') });
});

afterAll(async () => {
  await server.stop();
  await workspace.dispose();
});

describe.each(['embedded', 'server'])('%s', (mode) => {
  const dir = () => join(workspace.home, mode);
  const bd = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { cwd: dir(), env });
  const database = mode === 'embedded' ? 'em' : 'sv';
  const path = () => (mode === 'embedded' ? join(dir(), '.beads/dolt/em') : `mysql://root@127.0.0.1:${server.port}/sv`);

  test('where', async () => {
    expect((await bd(['where'])).stdout).toBe(`${join(dir(), '.beads')}\n  database: ${path()}`);
    expect(json(await bd(['where', '--json']))).toEqual({
      database_path: path(),
      path: join(dir(), '.beads'),
      schema_version: 1,
      source: 'directory',
    });
    expect(json(await workspace.bd(['-C', dir(), 'where', '--json']))).toMatchObject({ path: join(dir(), '.beads') });
  });

  test('context', async () => {
    const metadata = JSON.parse(readFileSync(join(dir(), '.beads/metadata.json'), 'utf8'));
    const result = await bd(['context', '--json']);
    expect(json(result)).toEqual({
      backend: 'dolt',
      bd_version: expect.any(String),
      beads_dir: join(dir(), '.beads'),
      cwd_repo_root: '',
      database,
      dolt_mode: mode,
      is_redirected: false,
      is_worktree: false,
      project_id: metadata.project_id,
      repo_root: dir(),
      role: '',
      schema_version: 1,
      server_host: mode === 'server' ? '127.0.0.1' : '',
      server_port: mode === 'server' ? server.port : 0,
    });
    expect((await bd(['context'])).stdout).toContain(`Mode: ${mode}`);
  });

  test('ping and info', async () => {
    expect(json(await bd(['ping', '--json']))).toEqual({
      query_ms: expect.any(Number),
      resolve_ms: expect.any(Number),
      schema_version: 1,
      status: 'ok',
      store_ms: expect.any(Number),
      total_ms: expect.any(Number),
    });
    expect(json(await bd(['info', '--json']))).toMatchObject({
      database_path: path(),
      mode,
      issue_count: 0,
      issue_prefix: database,
      actor: 'tester',
    });
  });

  test('sql: tables, JSON, CSV, changes, errors', async () => {
    const select = `SELECT 'a,"b"' AS text, 2 AS number, NULL AS nothing UNION ALL SELECT 'x\ny', 3, 'z'`;
    expect((await bd(['sql', select])).stdout).toBe(
      ['text   number  nothing', '-----  ------  -------', 'a,"b"  2       <nil>', 'x y    3       z', '(2 rows)'].join(
        '\n',
      ),
    );
    expect(JSON.parse((await bd(['sql', select, '--json'])).stdout)).toEqual([
      { nothing: null, number: 2, text: 'a,"b"' },
      { nothing: 'z', number: 3, text: 'x\ny' },
    ]);
    expect((await bd(['sql', '--csv', select])).stdout).toBe('text,number,nothing\n"a,""b""",2,\n"x\ny",3,z');
    expect((await bd(['sql', 'SELECT id FROM issues'])).stdout).toBe('(0 rows)');
    const nulls = 'SELECT 1 AS z, NULL AS a, NULL AS `q"r, s`';
    expect((await bd(['sql', nulls, '--json'])).stdout.replace(/\s/g, '')).toBe('[{"a":null,"q\\"r,s":null,"z":1}]');
    expect((await bd(['sql', nulls])).stdout.split('\n')[2]).toBe('1  <nil>  <nil>');
    expect((await bd(['sql', '--csv', nulls])).stdout).toBe('z,a,"q""r, s"\n1,,');
    const insert = "INSERT INTO config (`key`, value) VALUES ('kv.a', '1')";
    expect((await bd(['sql', insert])).stdout).toBe('OK, 1 rows affected');
    expect(json(await bd(['sql', '--json', "UPDATE config SET value = '2' WHERE `key` = 'kv.a'"]))).toEqual({
      rows_affected: 1,
      schema_version: 1,
    });
    const dirty = JSON.parse((await bd(['sql', 'SELECT table_name FROM dolt_status', '--json'])).stdout);
    expect(dirty).toEqual(mode === 'embedded' ? [] : [{ table_name: 'config' }]);
    const piped = await workspace.bd(['sql', '-'], {
      cwd: dir(),
      input: "SELECT value FROM config WHERE `key` = 'kv.a';",
    });
    expect(piped.stdout).toContain('\n2\n(1 rows)');
    const wrong = await bd(['sql', 'SELECT * FROM nope', '--json']);
    expect(wrong.exitCode).toBe(1);
    expect(json(wrong)).toMatchObject({ code: 'SQL_ERROR', error: expect.stringMatching(/nope/) });
    expect(json(await bd(['--readonly', 'sql', '--json', 'DELETE FROM config']))).toMatchObject({ code: 'READ_ONLY' });
    expect((await bd(['--readonly', 'sql', 'SELECT 1'])).exitCode).toBe(0);
  });
});

test('outside of any workspace: one error, in text and in JSON', async () => {
  for (const args of [['where'], ['ping'], ['sql', 'SELECT 1'], ['config', 'list']]) {
    const text = await workspace.bd(args);
    expect(text.exitCode).toBe(1);
    expect(text.stderr).toMatch(/^Error: no beads database found in .*\nHint: bd init/);
    expect(text.stdout).toBe('');
    const document = await workspace.bd([...args, '--json']);
    expect(Object.keys(json(document))).toEqual(['code', 'error', 'hint', 'schema_version']);
    expect(json(document)).toMatchObject({ code: 'NOT_INITIALIZED', schema_version: 1 });
  }
});

test('a server that is down: exit 1, the endpoint, and the command that starts it', async () => {
  const dir = join(workspace.home, 'server');
  const port = await testPort();
  const result = await workspace.bd(['ping'], { cwd: dir, env: { BEADS_DOLT_SERVER_PORT: String(port) } });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain(`Error: Dolt server unreachable at 127.0.0.1:${port}: `);
  expect(result.stderr).toContain('gt dolt start');
});

test('a database of another name than the settings say: none is made, and nothing that erases is suggested', async () => {
  const dir = join(workspace.home, 'gone');
  mkdirSync(dir);
  await workspace.bd(['init'], { cwd: dir });
  const env = { BEADS_DOLT_SERVER_DATABASE: 'other' };
  const result = await workspace.bd(['ping'], { cwd: dir, env });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain(`no beads database found: ${join(dir, '.beads/dolt/other')} is not there`);
  expect(result.stderr).toContain(join(dir, '.beads/dolt/gone'));
  expect(result.stderr).not.toMatch(/rm |bd init|delete/);
  expect(existsSync(join(dir, '.beads/dolt/other'))).toBe(false);
});

test('an embedded database in a read-only directory is told as one', async () => {
  const dir = join(workspace.home, 'read-only');
  mkdirSync(dir);
  await workspace.bd(['init'], { cwd: dir });
  const noms = join(dir, '.beads/dolt/read_only/.dolt/noms');
  chmodSync(noms, 0o500);
  const result = await workspace.bd(['info', '--json'], { cwd: dir, obeyPermissions: true });
  chmodSync(noms, 0o700);
  expect(json(result)).toMatchObject({ code: 'IO_ERROR', error: expect.stringContaining('permission denied') });
});

test('an embedded database that the Go bd made is used where it is', async () => {
  const dir = join(workspace.home, 'theirs');
  mkdirSync(dir);
  await workspace.bd(['init', '--prefix', 'th'], { cwd: dir });
  execFileSync('mv', [join(dir, '.beads/dolt'), join(dir, '.beads/embeddeddolt')]);
  expect(json(await workspace.bd(['info', '--json'], { cwd: dir }))).toMatchObject({
    database_path: join(dir, '.beads/embeddeddolt/th'),
    issue_prefix: 'th',
  });
});

test('.beads/.env fills in what the environment lacks', async () => {
  const dir = join(workspace.home, 'dotenv');
  mkdirSync(dir);
  await workspace.bd(['init'], { cwd: dir });
  writeFileSync(join(dir, '.beads/.env'), 'BEADS_ACTOR=from-dotenv\nBD_EXPORT_PATH=x.jsonl\n');
  expect(json(await workspace.bd(['config', 'get', 'export.path', '--json'], { cwd: dir }))).toMatchObject({
    value: 'x.jsonl',
  });
  expect(json(await workspace.bd(['info', '--json'], { cwd: dir }))).toMatchObject({ actor: 'tester' });
  expect(json(await workspace.bd(['info', '--json'], { cwd: dir, env: { BEADS_ACTOR: undefined } }))).toMatchObject({
    actor: 'from-dotenv',
  });
});
