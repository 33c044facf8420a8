import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorDocument } from '../../../commands/bd/doctor.ts';
import { examineWorkspace } from '../../../src/beads/doctor/doctor.ts';
import { writeLockName } from '../../../src/database/write-turn.ts';
import type { LockHolder } from '../../../src/util/lock-tickets.ts';
import { ownIdentity, pidNamespace } from '../../../src/util/process-identity.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { testPort } from '../../helpers/ports.ts';
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

/** Takes a lock as a process would of which the ticket says so; returns what gives it back. */
function holdLock(directory: string, holder: Partial<LockHolder>): () => void {
  const wasThere = existsSync(directory);
  mkdirSync(directory, { recursive: true });
  const ticket = join(directory, '000000000001.0123456789abcdef');
  const since = new Date().toISOString();
  const here = { startTime: 'x', host: hostname(), pidNamespace: pidNamespace(), purpose: 'bd create', since };
  writeFileSync(ticket, JSON.stringify({ ...here, ...holder }));
  return () => (wasThere ? rmSync(ticket) : rmSync(directory, { recursive: true }));
}

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

  /** Content of every file of `.beads` but the database's and kept backups. */
  function files(): Record<string, string> {
    const names = readdirSync(beads(), { recursive: true, encoding: 'utf8' })
      .filter((name) => !/^(dolt|backup)(\/|$)/.test(name) && statSync(beads(name)).isFile())
      .sort();
    return Object.fromEntries(names.map((name) => [name, readFileSync(beads(name), 'base64')]));
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

  test('a closed issue without its time gets that of its last change, and nothing else changes', async () => {
    const time = '2026-01-02 03:04:05';
    await sql(`UPDATE issues SET closed_at = '${time}', updated_at = '${time}' WHERE id = '${p}-done'`);
    const before = await fingerprint();
    await sql(`UPDATE issues SET closed_at = NULL, updated_at = updated_at WHERE id = '${p}-done'`);
    expect(await finding('Closed Issues')).toMatchObject({ status: 'warning', detail: `${p}-done` });
    await doctor('--fix');
    expect(await fingerprint()).toEqual(before);
    await workspace.bd(['vc', 'commit', '-m', 'mended'], { cwd: dir() });
  });

  test('missing tables of this clone are made', async () => {
    const before = await fingerprint();
    await sql('DROP TABLE wisp_labels', 'DROP TABLE repo_mtimes');
    expect(await finding('Local Tables')).toMatchObject({ status: 'warning', detail: 'wisp_labels\nrepo_mtimes' });
    expect((await doctor('--fix')).mended).toMatchObject([{ name: 'Local Tables', done: true }]);
    expect(await fingerprint()).toEqual(before);
  });

  test('files that others can read are closed to them; a dry run only says so', async () => {
    writeFileSync(beads('.env'), 'A=1\n', { mode: 0o644 });
    chmodSync(beads(), 0o755);
    const modes = () => [statSync(beads()).mode & 0o777, statSync(beads('.env')).mode & 0o777];
    const before = { files: files(), rows: await fingerprint() };
    expect(await finding('Permissions')).toMatchObject({ status: 'warning', detail: `${beads()}\n${beads('.env')}` });
    expect(await doctor('--fix', '--dry-run')).toMatchObject({ mended: [], would_mend: ['Permissions'], backup: null });
    expect(modes()).toEqual([0o755, 0o644]);
    const text = await workspace.bd(['doctor', '--fix', '--dry-run'], { cwd: dir() });
    expect(text.stdout).toContain('--fix would mend: Permissions');
    await doctor('--fix');
    expect(modes()).toEqual([0o700, 0o600]);
    expect({ files: files(), rows: await fingerprint() }).toEqual(before);
    rmSync(beads('.env'));
  });

  test('a .gitignore that lets the database into git is completed', async () => {
    const whole = readFileSync(beads('.gitignore'), 'utf8');
    const before = files();
    writeFileSync(beads('.gitignore'), '# mine\nmine/\n');
    expect(await finding('Gitignore')).toMatchObject({ status: 'warning', detail: expect.stringContaining('dolt/') });
    await doctor('--fix');
    const after = readFileSync(beads('.gitignore'), 'utf8');
    expect(after).toMatch(/^# mine\nmine\/\n/);
    for (const line of whole.split('\n').filter((each) => !each.startsWith('#'))) expect(after).toContain(line);
    expect({ ...files(), '.gitignore': '' }).toEqual({ ...before, '.gitignore': '' });
  });

  test('files of killed commands are removed, those of living ones are not', async () => {
    const dead = beads('config.yaml.999999999.0123abcd.tmp');
    const alive = beads(`config.yaml.${process.pid}.0123abcd.tmp`);
    mkdirSync(beads('dolt'), { recursive: true });
    const before = { files: files(), rows: await fingerprint() };
    const drafts = [
      beads('.migrate-old'),
      beads('backup/.new-old'),
      beads('backup/b/.check-old'),
      beads('dolt/.new-old'),
    ];
    for (const path of drafts) mkdirSync(join(path, 'x'), { recursive: true });
    writeFileSync(dead, 'x');
    writeFileSync(alive, 'x');
    const left = [...drafts, dead].sort();
    expect(await finding('Leftovers')).toMatchObject({ status: 'warning', detail: left.join('\n') });
    // Somebody may be making what lies there.
    const unlock = holdLock(beads('init.lock'), { pid: 1, host: 'elsewhere' });
    expect(await finding('Leftovers')).toMatchObject({
      detail: [beads('backup/b/.check-old'), dead].sort().join('\n'),
    });
    unlock();
    await doctor('--fix');
    expect([...left, alive].filter((path) => existsSync(path))).toEqual([alive]);
    rmSync(alive);
    rmSync(beads('backup/b'), { recursive: true });
    expect({ files: files(), rows: await fingerprint() }).toEqual(before);
  });

  test('locks: what a dead process left is no harm, what is held for long is told with its holder', async () => {
    expect(await finding('Locks')).toMatchObject({ status: 'ok', message: 'nobody holds a lock of this workspace' });
    const since = '2026-01-01T00:00:00Z';
    const unlockDead = holdLock(beads('init.lock'), { pid: 999_999_999, purpose: 'bd restore', since });
    expect(await finding('Locks')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/^the lock of the workspace was left by pid 999999999 \(bd restore\)/),
    });
    unlockDead();
    const { startTime } = await ownIdentity();
    const unlock = holdLock(beads('config.lock'), { pid: process.pid, startTime, purpose: 'bd config set', since });
    expect(await finding('Locks', '--fix')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(new RegExp(`^the lock of the settings is held by pid ${process.pid} `)),
      fix: expect.stringContaining(`kill ${process.pid}`),
    });
    unlock();
  });

  /** What is told with the command that mends it, and left to the user. */
  const told: Record<string, { check?: string; break: string[]; undo: string[]; flags?: string[]; expected: object }> =
    {
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
      'Parents of a child': {
        check: 'Parents',
        break: [
          `INSERT INTO dependencies (issue_id, depends_on_id, type, created_by) VALUES ('${p}-one.1', '${p}-two', 'parent-child', 'x')`,
        ],
        undo: [`DELETE FROM dependencies WHERE issue_id = '${p}-one.1' AND depends_on_id = '${p}-two'`],
        expected: { detail: `${p}-one.1: has 2 parents`, fix: `bd dep list ${p}-one.1` },
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
    const {
      check = name,
      break: statements,
      undo,
      flags = [],
      expected,
    } = told[name] ?? { break: [], undo: [], expected: {} };
    // An embedded database is alone in its directory.
    if (mode === 'embedded' && check === 'Server Databases') return;
    await sql(...statements);
    const broken = await fingerprint();
    const seen = await finding(check, ...flags);
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

  test('a database that names no project is told', async () => {
    const [row] = await sql("SELECT value FROM metadata WHERE `key` = '_project_id'");
    await sql("DELETE FROM metadata WHERE `key` = '_project_id'");
    expect(await finding('Project Identity', '--fix')).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining(`'${row?.['value']}'`),
    });
    await sql(`INSERT INTO metadata VALUES ('_project_id', '${row?.['value']}')`);
  });

  test('a schema of a newer or an older tool is an error', async () => {
    await sql('INSERT INTO schema_migrations VALUES (33)');
    expect(await finding('Schema')).toMatchObject({ status: 'error', fix: expect.stringContaining('--readonly') });
    await sql('DELETE FROM schema_migrations WHERE version = 33');
    await sql('UPDATE schema_migrations SET version = version - 1 ORDER BY version');
    expect(await finding('Schema')).toMatchObject({
      status: 'error',
      message: expect.stringContaining('level 31'),
      fix: expect.stringContaining('bd init'),
    });
    await sql('UPDATE schema_migrations SET version = version + 1 ORDER BY version DESC');
  });

  test('a Dolt that must not be used is an error', async () => {
    const { checks, overall_ok } = await examineWorkspace({
      ...{ dir: dir(), env: workspace.env, deep: false, server: false, fix: false },
      findDolt: async () => process.env['GT_DOLT_BIN'] ?? 'dolt',
      refusalOf: () => 'loses data',
    });
    expect(overall_ok).toBe(false);
    expect(checks.filter(({ status }) => status === 'error')).toMatchObject([
      {
        name: 'Dolt Version',
        message: expect.stringMatching(/^Dolt \d+\.\d+\.\d+ loses data$/),
        fix: 'gt dolt install',
      },
    ]);
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

  test('databases that a move, a restore or a repair put aside may go after a week, other backups stay', async () => {
    const kept = [
      'doctor-20260122-213600',
      `${p}.before-restore-20260122-213600`,
      `${p}.before-move-20260122-213600-2`,
    ];
    for (const name of [...kept, p]) mkdirSync(beads('backup', name), { recursive: true });
    for (const name of [...kept, p]) utimesSync(beads('backup', name), 1, 1);
    const { status, detail, fix } = await finding('Backups', '--fix');
    expect({ status, detail: detail?.split('\n') }).toEqual({
      status: 'warning',
      detail: expect.arrayContaining(kept.map((name) => `backup/${name}`)),
    });
    expect(detail).not.toContain(`backup/${p}\n`);
    expect(fix).toContain(`rm -r .beads/backup/`);
    for (const name of [...kept, p]) rmSync(beads('backup', name), { recursive: true });
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
  const port = await testPort();
  const listener = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
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
  const peers = async (check = 'Peer Credentials', ...flags: string[]) =>
    json<DoctorDocument>(await workspace.bd(['doctor', '--json', ...flags], { cwd })).checks.find(
      ({ name }) => name === check,
    );
  const peer = ['federation', 'add-peer', 'town-beta', 'http://127.0.0.1:1/beta'];
  const added = await workspace.bd([...peer, '--user', 'sync', '--password-stdin'], { cwd, input: 'secret\n' });
  expect(added.exitCode, added.stderr).toBe(0);
  expect(await peers()).toMatchObject({ status: 'ok', message: '1 peer with a user; each password can be read' });
  expect(await peers('Federation', '--deep')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('town-beta: '),
    fix: expect.stringContaining('bd federation status'),
  });
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

test('a lock of the database that somebody elsewhere holds is told with the holder', async () => {
  const cwd = join(workspace.home, 'embedded');
  const unlock = holdLock(join(cwd, '.beads/dolt/.lock.d'), { pid: 1, host: 'elsewhere' });
  const locks = json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd })).checks.find(
    ({ name }) => name === 'Locks',
  );
  unlock();
  expect(locks).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('the lock of the database is held by pid 1 (bd create) on elsewhere'),
    fix: expect.stringContaining('rm -r'),
  });
});

test('another database of the same project on the server is told, and stays', async () => {
  const cwd = join(workspace.home, 'server');
  const found = async () =>
    json<DoctorDocument>(await workspace.bd(['doctor', '--fix', '--json'], { cwd })).checks.find(
      ({ name }) => name === 'Server Databases',
    );
  expect(await found()).toMatchObject({ status: 'ok' });
  const project = String(JSON.parse(readFileSync(join(cwd, '.beads/metadata.json'), 'utf8')).project_id);
  const connection = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root' });
  try {
    await connection.query('CREATE DATABASE twin');
    await connection.query('CREATE TABLE twin.metadata (`key` VARCHAR(255) PRIMARY KEY, value LONGTEXT)');
    await connection.query("INSERT INTO twin.metadata VALUES ('_project_id', ?)", [project]);
    expect(await found()).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/^twin: holds this project too/),
      fix: expect.stringContaining('DROP DATABASE'),
    });
    const [rows] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM twin.metadata');
    expect(rows[0]?.['n']).toBe(1);
    await connection.query('DROP DATABASE twin');
  } finally {
    await connection.end();
  }
});

test('a server that is not the one of the town’s rig, and who is writing on it', async () => {
  const cwd = join(workspace.home, 'server');
  const town = join(workspace.home, 'town');
  mkdirSync(town, { mode: 0o700 });
  writeFileSync(join(town, 'gt.yaml'), 'rigs:\n  sv: { port: 1 }\n');
  const found = async (name: string) =>
    json<DoctorDocument>(
      await workspace.bd(['doctor', '--json'], { cwd, env: { GT_DOLT_DATA_DIR: town } }),
    ).checks.find((check) => check.name === name);
  expect(await found('Town')).toMatchObject({
    status: 'warning',
    message: expect.stringMatching(new RegExp(`at 127.0.0.1:1, and this workspace uses 127.0.0.1:${server.port}$`)),
    fix: expect.stringContaining('bd config set dolt.port 1'),
  });
  writeFileSync(join(town, 'gt.yaml'), `rigs:\n  sv: { port: ${server.port} }\n`);
  expect(await found('Town')).toMatchObject({ status: 'ok' });
  const connection = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: 'sv' });
  try {
    await connection.query('SELECT GET_LOCK(?, 1)', [writeLockName('sv')]);
    const [[own]] = await connection.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
    expect(await found('Write Turn')).toMatchObject({ status: 'ok', message: `connection ${own?.['id']} is writing` });
  } finally {
    await connection.end();
  }
  expect(await found('Write Turn')).toMatchObject({ message: 'nobody is writing' });
});

test('damage in what only the history has, and a database that does not open, are errors', async () => {
  const cwd = join(workspace.home, 'damaged');
  mkdirSync(cwd);
  await workspace.bd(['init', '--prefix', 'dm'], { cwd });
  const text = randomBytes(3000).toString('base64');
  const { id } = json<{ id: string }>(await workspace.bd(['create', 'Old', '-d', text, '--json'], { cwd }));
  await workspace.bd(['delete', id, '--force'], { cwd });
  const noms = join(cwd, '.beads/dolt/dm/.dolt/noms');
  const errors = async () =>
    json<DoctorDocument>(await workspace.bd(['doctor', '--deep', '--json'], { cwd })).checks.filter(
      ({ status }) => status === 'error',
    );
  expect(await errors()).toEqual([]);
  execFileSync(process.env['GT_DOLT_BIN'] ?? 'dolt', ['gc'], {
    cwd: join(noms, '../..'),
    env: { ...workspace.env, DOLT_ROOT_PATH: join(workspace.home, 'oracle') },
    stdio: 'pipe',
  });
  const file = join(noms, 'oldgen', readdirSync(join(noms, 'oldgen')).find((name) => /^[0-9a-v]{32}/.test(name)) ?? '');
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text.slice(100, 140));
  expect(at).toBeGreaterThan(0);
  writeFileSync(file, Buffer.from(bytes).fill(0xff, at, at + 20));
  expect(await errors()).toMatchObject([{ name: 'Storage', fix: expect.stringContaining('bd restore') }]);
  writeFileSync(file, bytes);
  expect(await errors()).toEqual([]);

  // A database that does not open any more: every command says what to do, and Dolt is asked all the same.
  writeFileSync(join(noms, 'manifest'), '');
  expect((await workspace.bd(['doctor', '--deep'], { cwd })).exitCode).toBe(1);
  expect(await errors()).toMatchObject([
    { name: 'Database', message: expect.stringContaining('cannot be read'), fix: expect.stringContaining('--deep') },
    { name: 'Storage', message: expect.stringContaining('damage') },
  ]);
  const hint = async () => String(json(await workspace.bd(['list', '--json'], { cwd }))['hint']);
  expect(await hint()).not.toContain('clones it again');
  mkdirSync(join(cwd, '.beads/backup/dm'), { recursive: true });
  writeFileSync(join(cwd, '.beads/backup/dm/backup.json'), '{}');
  appendFileSync(join(cwd, '.beads/config.yaml'), 'sync.remote: file:///nowhere\n');
  expect(await hint()).toMatch(/bd restore .*backup\/dm .*corrupt\.backup && bd list {3}clones it again/);
  rmSync(join(noms, '..', 'noms'), { recursive: true });
  expect(await hint()).toContain('bd restore');
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
  expect(empty.checks.find(({ name }) => name === 'Database')).toMatchObject({
    status: 'error',
    fix: expect.stringContaining('bd bootstrap'),
  });
  expect(existsSync(join(cwd, '.beads/dolt/ep'))).toBe(false);

  const env = { BEADS_DOLT_SERVER_MODE: '1', BEADS_DOLT_SERVER_PORT: '1' };
  const dead = json<DoctorDocument>(await workspace.bd(['doctor', '--json'], { cwd, env }));
  expect(dead.checks.find(({ name }) => name === 'Database')).toMatchObject({
    status: 'error',
    fix: expect.stringContaining('gt dolt start'),
  });
});
