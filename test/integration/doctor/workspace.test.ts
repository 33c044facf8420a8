import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorDocument } from '../../../commands/bd/doctor.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  mkdirSync(join(workspace.home, 'oracle/.dolt'), { recursive: true });
  const identity = { 'user.name': 'oracle', 'user.email': 'oracle@example.com' };
  writeFileSync(join(workspace.home, 'oracle/.dolt/config_global.json'), JSON.stringify(identity));
  for (const mode of ['embedded', 'server']) mkdirSync(join(workspace.home, mode));
  await workspace.bd(['init', '--prefix', 'em'], { cwd: join(workspace.home, 'embedded') });
  const port = ['--server-port', String(server.port)];
  await workspace.bd(['init', '--prefix', 'sv', '--server', ...port], { cwd: join(workspace.home, 'server') });
});

afterAll(async () => {
  await server.stop();
  await workspace.dispose();
});

describe.each(['embedded', 'server'] as const)('%s', (mode) => {
  const p = mode === 'embedded' ? 'em' : 'sv';
  const dir = () => join(workspace.home, mode);
  const beads = (...names: string[]) => join(dir(), '.beads', ...names);

  /** Statements by an independent client: the dolt program, or mysql2. */
  async function sql(...statements: string[]): Promise<Record<string, unknown>[]> {
    if (mode === 'server') {
      const connection = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: p });
      try {
        let rows: RowDataPacket[] = [];
        for (const statement of statements) {
          const [found] = await connection.query<RowDataPacket[]>(statement);
          rows = Array.isArray(found) ? found : [];
        }
        return rows;
      } finally {
        await connection.end();
      }
    }
    const out = execFileSync(process.env['GT_DOLT_BIN'] ?? 'dolt', ['sql', '-r', 'json'], {
      cwd: beads('dolt', p),
      env: { ...workspace.env, DOLT_ROOT_PATH: join(workspace.home, 'oracle') },
      input: `${statements.join(';\n')};\n`,
      encoding: 'utf8',
    });
    const last = out.trim().split('\n').at(-1) ?? '';
    return (JSON.parse(last || '{}') as { rows?: Record<string, unknown>[] }).rows ?? [];
  }

  /** Hashes of all tables: what is the same here is the same in every row. */
  async function fingerprint(): Promise<Record<string, unknown>> {
    const names = await sql(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1",
    );
    const tables = names.map(({ name }) => String(name));
    const [row = {}] = await sql(
      `SELECT ${tables.map((name) => `DOLT_HASHOF_TABLE('${name}') AS ${name}`).join(', ')}`,
    );
    return { ...row };
  }

  async function doctor(...flags: string[]): Promise<DoctorDocument & { exit: number | undefined }> {
    const result = await workspace.bd(['doctor', '--json', ...flags], { cwd: dir() });
    return { ...json<DoctorDocument>(result), exit: result.exitCode };
  }

  async function finding(name: string, ...flags: string[]) {
    const { checks } = await doctor(...flags);
    const found = checks.find((check) => check.name === name);
    if (!found) throw new Error(`no check ${name} among ${checks.map((check) => check.name).join(', ')}`);
    return found;
  }

  beforeAll(async () => {
    const create = (...args: string[]) => workspace.bd(['create', ...args], { cwd: dir() });
    await create('--id', `${p}-one`, 'One', '-l', 'red');
    await create('--id', `${p}-two`, 'Two', '--deps', `${p}-one`);
    await create('--parent', `${p}-one`, 'Child');
    await create('--id', `${p}-done`, 'Done');
    await workspace.bd(['close', `${p}-done`], { cwd: dir() });
    await workspace.bd(['vc', 'commit', '-m', 'all'], { cwd: dir() });
  });

  afterEach(async () => {
    expect((await doctor('--deep', '--server')).checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  test('finds nothing in a workspace that is well, and changes nothing', async () => {
    const before = await fingerprint();
    const { checks, overall_ok, exit, mended, backup, cli_version } = await doctor('--deep', '--server', '--fix');
    expect({ overall_ok, exit, mended, backup }).toEqual({ overall_ok: true, exit: 0, mended: [], backup: null });
    expect(cli_version).toMatch(/^\d/);
    expect(checks.length).toBeGreaterThan(25);
    expect(await fingerprint()).toEqual(before);
    const text = (await workspace.bd(['doctor'], { cwd: dir() })).stdout;
    expect(text).toMatch(/^bd doctor v\S+ {2}─── {2}✓ \d+ passed {2}⚠ 0 warnings {2}✖ 0 errors/);
  });

  /** Breaks something that `--fix` mends: it is seen, told apart from an error, mended, and nothing else is changed. */
  const mended: Record<string, { by: () => string[]; detail: string | RegExp }> = {
    'Orphaned Rows': {
      by: () => ['SET foreign_key_checks = 0', `INSERT INTO labels VALUES ('${p}-gone', 'x')`],
      detail: 'labels: 1',
    },
    Dependencies: {
      by: () => [
        `INSERT INTO dependencies (issue_id, depends_on_id, type, created_by) VALUES ('${p}-one', '${p}-lost', 'blocks', 'x')`,
      ],
      detail: `${p}-one -> ${p}-lost (blocks)`,
    },
    'Child Counters': {
      by: () => [`UPDATE child_counters SET last_child = 0 WHERE parent_id = '${p}-one'`],
      detail: `${p}-one: 0, its last child is 1`,
    },
  };

  test.each(Object.keys(mended))('%s are seen, and mended with --fix', async (name) => {
    const { by, detail } = mended[name] ?? { by: () => [], detail: '' };
    const before = await fingerprint();
    await sql(...by());
    expect(await finding(name)).toMatchObject({ status: 'warning', detail, fix: expect.stringContaining('--fix') });
    const broken = await fingerprint();
    expect(await finding(name)).toMatchObject({ status: 'warning' });
    expect(await fingerprint()).toEqual(broken);
    const fixed = await doctor('--fix');
    expect(fixed.exit).toBe(0);
    expect(fixed.mended).toEqual([{ name, done: true, message: expect.any(String) }]);
    expect(await fingerprint()).toEqual(before);
    // The backup brings back what was broken.
    const restored = await workspace.bd(['restore', String(fixed.backup), '--confirm', p], { cwd: dir() });
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(await fingerprint()).toEqual(broken);
    await doctor('--fix');
    expect(await fingerprint()).toEqual(before);
    await workspace.bd(['vc', 'commit', '-m', 'mended'], { cwd: dir() });
  });

  test('a closed issue without its time gets that of its last change', async () => {
    await sql(`UPDATE issues SET closed_at = NULL, updated_at = '2026-01-02 03:04:05' WHERE id = '${p}-done'`);
    expect(await finding('Closed Issues')).toMatchObject({ status: 'warning', detail: `${p}-done` });
    await doctor('--fix');
    const [row] = await sql(
      `SELECT CAST(closed_at AS CHAR) AS closed, CAST(updated_at AS CHAR) AS updated FROM issues WHERE id = '${p}-done'`,
    );
    expect({ ...row }).toEqual({ closed: '2026-01-02 03:04:05', updated: '2026-01-02 03:04:05' });
    await workspace.bd(['vc', 'commit', '-m', 'mended'], { cwd: dir() });
  });

  test('missing tables of this clone are made', async () => {
    const before = await fingerprint();
    await sql('DROP TABLE wisp_labels', 'DROP TABLE repo_mtimes');
    expect(await finding('Local Tables')).toMatchObject({ status: 'warning', detail: 'wisp_labels\nrepo_mtimes' });
    expect((await doctor('--fix')).mended).toMatchObject([{ name: 'Local Tables', done: true }]);
    expect(await fingerprint()).toEqual(before);
  });

  test('files that others can read are closed to them', async () => {
    writeFileSync(beads('.env'), 'A=1\n', { mode: 0o644 });
    chmodSync(beads(), 0o755);
    expect(await finding('Permissions')).toMatchObject({ status: 'warning', detail: `${beads()}\n${beads('.env')}` });
    await doctor('--fix');
    expect([statSync(beads()).mode & 0o777, statSync(beads('.env')).mode & 0o777]).toEqual([0o700, 0o600]);
    rmSync(beads('.env'));
  });

  test('a .gitignore that lets the database into git is completed', async () => {
    const whole = readFileSync(beads('.gitignore'), 'utf8');
    writeFileSync(beads('.gitignore'), '# mine\nmine/\n');
    expect(await finding('Gitignore')).toMatchObject({ status: 'warning', detail: expect.stringContaining('dolt/') });
    await doctor('--fix');
    const after = readFileSync(beads('.gitignore'), 'utf8');
    expect(after).toMatch(/^# mine\nmine\/\n/);
    for (const line of whole.split('\n').filter((each) => !each.startsWith('#'))) expect(after).toContain(line);
  });

  test('files of killed commands are removed, those of living ones are not', async () => {
    const dead = beads('config.yaml.999999999.0123abcd.tmp');
    const alive = beads(`config.yaml.${process.pid}.0123abcd.tmp`);
    mkdirSync(beads('.migrate-old'));
    utimesSync(beads('.migrate-old'), 1, 1);
    writeFileSync(dead, 'x');
    writeFileSync(alive, 'x');
    expect(await finding('Leftovers')).toMatchObject({
      status: 'warning',
      detail: [beads('.migrate-old'), dead].join('\n'),
    });
    await doctor('--fix');
    expect([dead, alive, beads('.migrate-old')].map((path) => existsSync(path))).toEqual([false, true, false]);
    rmSync(alive);
  });

  /** What is told with the command that mends it, and left to the user. */
  const told: Record<string, { break: string[]; undo: string[]; flags?: string[]; expected: object }> = {
    Cycles: {
      break: [
        `INSERT INTO dependencies (issue_id, depends_on_id, type, created_by) VALUES ('${p}-one', '${p}-two', 'blocks', 'x')`,
      ],
      undo: [`DELETE FROM dependencies WHERE issue_id = '${p}-one'`],
      expected: {
        detail: `${p}-one -> ${p}-two -> ${p}-one`,
        fix: expect.stringContaining(`bd dep remove ${p}-one ${p}-two`),
      },
    },
    Duplicates: {
      break: [`UPDATE issues SET title = 'One' WHERE id = '${p}-two'`],
      undo: [`UPDATE issues SET title = 'Two' WHERE id = '${p}-two'`],
      expected: { detail: expect.stringMatching(/One$/), fix: expect.stringMatching(/^bd duplicate \S+ --of \S+$/) },
    },
    Parents: {
      break: [
        `INSERT INTO issues (id, title, description, design, acceptance_criteria, notes) VALUES ('${p}-lone.1', 'L', '', '', '', '')`,
      ],
      undo: [`DELETE FROM issues WHERE id = '${p}-lone.1'`],
      expected: { detail: `${p}-lone.1: its parent is not there`, fix: expect.stringContaining('--parent') },
    },
    'Issue Prefix': {
      break: ["DELETE FROM config WHERE `key` = 'issue_prefix'"],
      undo: [`INSERT INTO config VALUES ('issue_prefix', '${p}')`],
      expected: { status: 'error', fix: 'bd config set issue_prefix PREFIX' },
    },
    'Repo Fingerprint': {
      break: ["REPLACE INTO metadata VALUES ('repo_id', '00000000000000000000000000000000')"],
      undo: ["DELETE FROM metadata WHERE `key` = 'repo_id'"],
      expected: { fix: expect.stringContaining('repo_id') },
    },
    'Server Databases': {
      break: ['CREATE DATABASE testdb_left'],
      undo: ['DROP DATABASE testdb_left'],
      flags: ['--server'],
      expected: { detail: 'testdb_left: left by tests' },
    },
    Values: {
      break: [`UPDATE issues SET status = 'odd', priority = 9 WHERE id = '${p}-two'`],
      undo: [`UPDATE issues SET status = 'open', priority = 2 WHERE id = '${p}-two'`],
      flags: ['--deep'],
      expected: { detail: `${p}-two: odd, task, P9` },
    },
    Ids: {
      break: [`INSERT INTO wisps (id, title) VALUES ('${p}-two', 'Two')`],
      undo: [`DELETE FROM wisps WHERE id = '${p}-two'`],
      flags: ['--deep'],
      expected: { status: 'error', detail: `${p}-two` },
    },
  };

  test.each(Object.keys(told))('%s: told with what to do, and left as it is', async (name) => {
    const { break: statements, undo, flags = [], expected } = told[name] ?? { break: [], undo: [], expected: {} };
    // An embedded database is alone in its directory.
    if (mode === 'embedded' && name === 'Server Databases') return;
    await sql(...statements);
    const broken = await fingerprint();
    const seen = await finding(name, ...flags);
    expect(seen).toMatchObject({ status: 'warning', ...expected });
    await doctor('--fix', ...flags);
    expect(await fingerprint()).toEqual(broken);
    await sql(...undo);
    await workspace.bd(['vc', 'commit', '-m', 'as it was'], { cwd: dir() });
  });

  test('rows against their constraints are an error of --deep', async () => {
    await sql(
      'SET foreign_key_checks = 0',
      `INSERT INTO comments (issue_id, author, text) VALUES ('${p}-gone', 'x', 'y')`,
    );
    expect(await finding('Constraints', '--deep')).toMatchObject({ status: 'error' });
    expect((await doctor('--deep')).exit).toBe(1);
    await doctor('--fix');
  });

  test('what is not in the history yet is a warning only where it should be', async () => {
    await sql(`UPDATE issues SET priority = 1 WHERE id = '${p}-two'`);
    const expected = mode === 'embedded' ? 'warning' : 'ok';
    expect(await finding('Uncommitted Changes')).toMatchObject({
      status: expected,
      message: expect.stringContaining('issues'),
    });
    await sql(`UPDATE issues SET priority = 2 WHERE id = '${p}-two'`);
    await workspace.bd(['vc', 'commit', '-m', 'as it was'], { cwd: dir() });
  });

  test('another project’s database is an error, and nothing else is asked of it', async () => {
    const id = JSON.parse(readFileSync(beads('metadata.json'), 'utf8')).project_id as string;
    await sql("UPDATE metadata SET value = 'somebody-else' WHERE `key` = '_project_id'");
    const { checks, exit } = await doctor('--fix');
    expect(exit).toBe(1);
    expect(checks.find(({ name }) => name === 'Project Identity')).toMatchObject({ status: 'error' });
    expect(checks.map(({ category }) => category)).not.toContain('Issues');
    await sql(`UPDATE metadata SET value = '${id}' WHERE \`key\` = '_project_id'`);
  });

  test('a schema of a newer tool is an error', async () => {
    await sql('INSERT INTO schema_migrations VALUES (33)');
    expect(await finding('Schema')).toMatchObject({ status: 'error', fix: expect.stringContaining('--readonly') });
    await sql('DELETE FROM schema_migrations WHERE version = 33');
  });

  test('a setting that cannot be used is an error with its place', async () => {
    const path = beads('config.yaml');
    const text = readFileSync(path, 'utf8');
    appendFileSync(path, 'dolt.auto-commit: perhaps\n');
    expect(await finding('Configuration')).toMatchObject({
      status: 'error',
      detail: expect.stringContaining('config.yaml'),
    });
    writeFileSync(path, text);
  });

  test('backups of a migration may go after a week', async () => {
    const backup = beads('beads.backup-pre-dolt-20260122-213600.db');
    writeFileSync(backup, 'x');
    expect(await finding('Backups')).toMatchObject({ status: 'ok' });
    utimesSync(backup, 1, 1);
    expect(await finding('Backups')).toMatchObject({ status: 'warning', fix: expect.stringContaining('rm') });
    expect(existsSync(backup)).toBe(true);
    rmSync(backup);
  });

  test('a database that is not used is told', async () => {
    mkdirSync(beads('embeddeddolt/other/.dolt'), { recursive: true });
    writeFileSync(beads('embeddeddolt/other/.dolt/repo_state.json'), '{}');
    expect(await finding('Other Stores')).toMatchObject({ status: 'warning', detail: beads('embeddeddolt/other') });
    rmSync(beads('embeddeddolt'), { recursive: true });
  });

  test('metadata.json without a project is told', async () => {
    const text = readFileSync(beads('metadata.json'), 'utf8');
    writeFileSync(beads('metadata.json'), JSON.stringify({ ...JSON.parse(text), project_id: undefined }));
    expect(await finding('Metadata')).toMatchObject({ status: 'warning' });
    writeFileSync(beads('metadata.json'), text);
  });
});

test('a remote whose directory is gone is told', async () => {
  const cwd = join(workspace.home, 'embedded');
  const remote = join(workspace.home, 'remote');
  await workspace.bd(['sql', `CALL DOLT_REMOTE('add', 'origin', 'file://${remote}')`], { cwd });
  rmSync(remote, { recursive: true });
  const remotes = json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd })).checks.find(
    ({ name }) => name === 'Remotes',
  );
  expect(remotes).toMatchObject({
    status: 'warning',
    detail: `origin (file://${remote}): that directory is not there`,
  });
  await workspace.bd(['sql', "CALL DOLT_REMOTE('remove', 'origin')"], { cwd });
});

test('a remote host that answers is fine, one that does not is told', async () => {
  const cwd = join(workspace.home, 'embedded');
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const remotes = async () =>
    json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd })).checks.find(
      ({ name }) => name === 'Remotes',
    );
  await workspace.bd(['sql', `CALL DOLT_REMOTE('add', 'hub', 'http://127.0.0.1:${port}/x')`], { cwd });
  expect(await remotes()).toMatchObject({ status: 'ok' });
  await new Promise((resolve) => listener.close(resolve));
  expect(await remotes()).toMatchObject({ status: 'warning', detail: expect.stringContaining('ECONNREFUSED') });
  await workspace.bd(['sql', "CALL DOLT_REMOTE('remove', 'hub')"], { cwd });
});

test('a peer whose password cannot be read any more is told', async () => {
  const cwd = join(workspace.home, 'embedded');
  const peers = async () =>
    json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd })).checks.find(
      ({ name }) => name === 'Peer Credentials',
    );
  const peer = ['federation', 'add-peer', 'town-beta', 'http://127.0.0.1:1/beta'];
  const added = await workspace.bd([...peer, '--user', 'sync', '--password-stdin'], { cwd, input: 'secret\n' });
  expect(added.exitCode, added.stderr).toBe(0);
  expect(await peers()).toMatchObject({ status: 'ok', message: '1 peer with a user; each password can be read' });
  writeFileSync(join(cwd, '.beads/.beads-credential-key'), Buffer.alloc(32, 1), { mode: 0o600 });
  expect(await peers()).toMatchObject({
    status: 'warning',
    detail: expect.stringMatching(/peer town-beta: it was encrypted with another key than that of this clone$/),
    fix: 'bd federation set-credentials town-beta',
  });
  rmSync(join(cwd, '.beads/.beads-credential-key'));
  expect(await peers()).toMatchObject({ detail: expect.stringContaining('.beads-credential-key is lost') });
  await workspace.bd(['federation', 'remove-peer', 'town-beta'], { cwd });
  expect(await peers()).toMatchObject({ status: 'ok', message: 'no federation peer has a user' });
});

test('a lock that somebody holds for long is told with the holder', async () => {
  const cwd = join(workspace.home, 'embedded');
  const lock = join(cwd, '.beads/dolt/.lock.d/000000000001.0123456789abcdef');
  mkdirSync(join(lock, '..'), { recursive: true });
  const holder = {
    pid: 1,
    startTime: 'x',
    host: 'elsewhere',
    pidNamespace: 'x',
    purpose: 'bd create',
    since: '2026-01-01T00:00:00Z',
  };
  writeFileSync(lock, JSON.stringify(holder));
  const locks = json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd })).checks.find(
    ({ name }) => name === 'Locks',
  );
  rmSync(lock);
  expect(locks).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('pid 1 (bd create) on elsewhere'),
  });
});

test('damage in the files of a database is an error of --deep', async () => {
  const cwd = join(workspace.home, 'damaged');
  mkdirSync(cwd);
  await workspace.bd(['init', '--prefix', 'dm'], { cwd });
  await workspace.bd(['create', 'x'.repeat(400), '-d', 'y'.repeat(5000)], { cwd });
  const journal = join(cwd, '.beads/dolt/dm/.dolt/noms/vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv');
  const bytes = readFileSync(journal);
  bytes.fill(0xff, Math.floor(bytes.length / 3), Math.floor(bytes.length / 3) + 40);
  writeFileSync(journal, bytes);
  const result = await workspace.bd(['doctor', '--deep', '--json'], { cwd });
  expect(result.exitCode).toBe(1);
  expect(json<DoctorDocument>(result).checks.filter(({ status }) => status === 'error')).not.toEqual([]);
});

test('no workspace, no database, no server: each is an error with what to do, and nothing is made', async () => {
  const nowhere = await workspace.bd(['doctor', '--json'], { cwd: workspace.home });
  expect(nowhere.exitCode).toBe(1);
  expect(json<DoctorDocument>(nowhere).checks).toMatchObject([
    { name: 'Installation', status: 'error', fix: expect.stringContaining('bd init') },
  ]);

  const cwd = join(workspace.home, 'empty');
  mkdirSync(cwd);
  await workspace.bd(['init', '--prefix', 'ep'], { cwd });
  rmSync(join(cwd, '.beads/dolt'), { recursive: true });
  const empty = json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd }));
  expect(empty.checks.find(({ name }) => name === 'Database')).toMatchObject({ status: 'error' });
  expect(existsSync(join(cwd, '.beads/dolt/ep'))).toBe(false);

  const env = { BEADS_DOLT_SERVER_MODE: '1', BEADS_DOLT_SERVER_PORT: '1' };
  const dead = json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd, env }));
  expect(dead.checks.find(({ name }) => name === 'Database')).toMatchObject({
    status: 'error',
    fix: expect.stringContaining('gt dolt start'),
  });
});
