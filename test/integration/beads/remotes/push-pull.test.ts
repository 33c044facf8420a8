import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BareServer, startBareServer } from '../../../helpers/bare-server.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { processesOf } from '../../../helpers/leaks.ts';
import { testPort } from '../../../helpers/ports.ts';
import { makeServerWorkspace } from '../../../helpers/server-workspace.ts';
import { json, type RunResult, type Workspace } from '../../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  const made = await makeServerWorkspace();
  ({ workspace, server } = made);
  return made.dispose;
});

let count = 0;
let base: string;

beforeEach(() => {
  count += 1;
  base = join(workspace.home, `t-${count}`);
  mkdirSync(base);
});

const bd = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { cwd, env });

async function ok(result: Promise<RunResult>): Promise<RunResult> {
  const ended = await result;
  if (ended.exitCode !== 0) throw new Error(`${ended.command}: ${ended.stdout}${ended.stderr}`);
  return ended;
}

/** The head of `main` in a remote, as the dolt program sees it in a clone of its own. */
function headAt(url: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): string {
  const to = join(base, `look-${Math.random()}`);
  const options = { env: { ...workspace.env, DOLT_ROOT_PATH: join(workspace.home, 'oracle'), NO_COLOR: '1', ...env } };
  const dolt = process.env['GT_DOLT_BIN'] ?? 'dolt';
  execFileSync(dolt, ['clone', ...args, url, to], { ...options, stdio: 'pipe' });
  const log = execFileSync(dolt, ['log', '-n', '1', '--oneline'], { ...options, cwd: to, encoding: 'utf8' });
  return log.split(' ')[0] ?? '';
}

async function makeProject(mode: 'embedded' | 'server', name: string): Promise<string> {
  const cwd = join(base, name);
  mkdirSync(cwd);
  const place = mode === 'server' ? ['--server', '--server-port', String(server.port)] : [];
  await ok(bd(cwd, ['init', '--prefix', `${name}${count}`, ...place]));
  return cwd;
}

async function create(cwd: string, title: string): Promise<string> {
  return json<{ id: string }>(await ok(bd(cwd, ['create', title, '--json', '--dolt-auto-commit', 'on']))).id;
}

const update = (cwd: string, id: string, ...changes: string[]) =>
  ok(bd(cwd, ['update', id, ...changes, '--dolt-auto-commit', 'on']));

describe.each(['embedded', 'server'] as const)('%s', (mode) => {
  let cwd: string;
  let other: string;
  let url: string;
  let id: string;

  /** A project with one issue in a remote directory, and an embedded clone of it. */
  async function shared(): Promise<void> {
    cwd = await makeProject(mode, 'a');
    id = await create(cwd, 'First');
    url = `file://${join(base, 'remote')}`;
    await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', url]));
    await ok(bd(cwd, ['dolt', 'push']));
    other = join(base, 'b');
    mkdirSync(other);
    await ok(bd(other, ['init', '--remote', url, '--database', `b${count}`]));
  }

  test('push sends what is committed, tells what is not, and says where the remote is', async () => {
    await shared();
    const next = await create(cwd, 'Second');
    await ok(bd(cwd, ['update', id, '--title', 'Not committed', '--dolt-auto-commit', 'off']));
    const pushed = json(await ok(bd(cwd, ['dolt', 'push', '--json'])));
    expect(pushed).toMatchObject({
      pushed: true,
      remote: 'origin',
      url,
      branch: 'main',
      commits: 1,
      uncommitted: [id],
    });
    expect(pushed['head']).toBe(headAt(url));
    expect(json(await ok(bd(cwd, ['dolt', 'push', '--json'])))).toMatchObject({ commits: 0, head: pushed['head'] });
    await ok(bd(other, ['dolt', 'pull']));
    expect(json(await ok(bd(other, ['show', next, id, '--json'])))).toMatchObject([
      { title: 'Second' },
      { title: 'First' },
    ]);
    const status = json<{ clean: boolean }>(await ok(bd(cwd, ['vc', 'status', '--json'])));
    expect(status.clean).toBe(false);
  });

  test('a push over what others pushed is refused; pull and push again', async () => {
    await shared();
    await update(other, id, '--priority', '0');
    await ok(bd(other, ['dolt', 'push']));
    await update(cwd, id, '--title', 'Ours');
    const refused = await bd(cwd, ['dolt', 'push', '--json']);
    expect(refused.exitCode).toBe(1);
    expect(json(refused)).toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining('bd dolt pull') });
    const before = headAt(url);
    expect(json(await ok(bd(cwd, ['dolt', 'pull', '--json'])))).toMatchObject({ outcome: 'merged', commits: 1 });
    expect(json(await ok(bd(cwd, ['show', id, '--json'])))).toMatchObject([{ title: 'Ours', priority: 0 }]);
    const pushed = json(await ok(bd(cwd, ['dolt', 'push', '--json'])));
    expect(pushed).toMatchObject({ before });
    expect(headAt(url)).toBe(pushed['head']);
  });

  test('contradictions: nothing changes, the issue and what to do are named; a strategy solves them', async () => {
    await shared();
    await update(other, id, '--title', 'Theirs');
    await ok(bd(other, ['dolt', 'push']));
    await update(cwd, id, '--title', 'Ours');
    const commits = async () =>
      json<{ hash: string }[]>(await ok(bd(cwd, ['vc', 'log', '--json']))).map(({ hash }) => hash);
    const log = await commits();
    const refused = await bd(cwd, ['dolt', 'pull', '--json']);
    expect(refused.exitCode).toBe(1);
    expect(json(refused)).toMatchObject({
      code: 'CONFLICT',
      error: expect.stringContaining(id),
      hint: expect.stringContaining('--strategy'),
      conflicting: [{ issue: id, fields: [{ field: 'title', ours: 'Ours', theirs: 'Theirs' }] }],
    });
    expect((await bd(cwd, ['dolt', 'pull'])).stdout).toContain('Theirs');
    expect(await commits()).toEqual(log);
    expect(json(await ok(bd(cwd, ['vc', 'status', '--json'])))).toMatchObject({ clean: true });
    expect(json(await ok(bd(cwd, ['dolt', 'pull', '--strategy', 'theirs', '--json'])))).toMatchObject({ conflicts: 1 });
    expect(json(await ok(bd(cwd, ['show', id, '--json'])))).toMatchObject([{ title: 'Theirs' }]);
  });

  test('uncommitted changes in the way of a pull stay as they are', async () => {
    await shared();
    await update(other, id, '--title', 'Theirs');
    await ok(bd(other, ['dolt', 'push']));
    await ok(bd(cwd, ['update', id, '--title', 'Not committed', '--dolt-auto-commit', 'off']));
    const refused = await bd(cwd, ['dolt', 'pull', '--json']);
    expect(refused.exitCode).toBe(1);
    expect(json(refused)).toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining('bd vc commit') });
    expect(json(await ok(bd(cwd, ['show', id, '--json'])))).toMatchObject([{ title: 'Not committed' }]);
  });

  test('a remote of another project is neither pulled nor replaced', async () => {
    await shared();
    const foreign = await makeProject(mode, 'c');
    await ok(bd(foreign, ['dolt', 'remote', 'add', 'elsewhere', url]));
    for (const args of [['pull'], ['push'], ['push', '--force']]) {
      const refused = await bd(foreign, ['dolt', ...args, '--json']);
      expect(json(refused), args.join(' ')).toMatchObject({ code: 'IDENTITY_MISMATCH' });
    }
  });

  test('remotes are added, listed and removed; origin is what clones begin from', async () => {
    cwd = await makeProject(mode, 'a');
    for (const command of ['push', 'pull']) {
      // Scripts call it at the end of every session.
      expect((await ok(bd(cwd, ['dolt', command]))).stdout).toBe('No remote is configured — skipping.');
      expect(json(await ok(bd(cwd, ['dolt', command, '--json'])))).toMatchObject({ skipped: true });
      const named = await bd(cwd, ['dolt', command, '--remote', 'backup', '--json']);
      expect(named.exitCode).toBe(1);
      expect(json(named)).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('bd dolt remote add') });
    }
    // As the Go bd prints it.
    expect(json(await ok(bd(cwd, ['dolt', 'remote', 'list', '--json'])))).toBeNull();
    url = `file://${join(base, 'r')}`;
    await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', url]));
    expect((await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', url]))).stdout).toContain('already');
    expect(readFileSync(join(cwd, '.beads/config.yaml'), 'utf8')).toContain(url);
    expect(json(await bd(cwd, ['dolt', 'remote', 'add', 'origin', 'file:///x', '--json']))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    const secret = await bd(cwd, ['dolt', 'remote', 'add', 'p', 'http://ann:sesame@h/db', '--json']);
    expect(json(secret)).toMatchObject({ code: 'VALIDATION' });
    expect(secret.stdout + secret.stderr).not.toContain('sesame');
    expect(json(await ok(bd(cwd, ['dolt', 'remote', 'list', '--json'])))).toMatchObject([{ name: 'origin', url }]);
    await ok(bd(cwd, ['dolt', 'remote', 'remove', 'origin']));
    expect(readFileSync(join(cwd, '.beads/config.yaml'), 'utf8')).not.toContain(url);
    expect(json(await bd(cwd, ['dolt', 'remote', 'remove', 'origin', '--json']))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a remote that went away is told, and not made anew', async () => {
    await shared();
    renameSync(join(base, 'remote'), join(base, 'away'));
    for (const command of ['push', 'pull']) {
      const failed = await bd(cwd, ['dolt', command, '--json']);
      expect(json(failed)).toMatchObject({ code: 'REMOTE_UNREACHABLE', error: expect.stringContaining(url) });
    }
    expect(existsSync(join(base, 'remote'))).toBe(false);
  });

  test('a git repository as remote', async () => {
    const repository = join(base, 'app.git');
    const git = (...args: string[]) => execFileSync('git', args, { cwd: base, env: workspace.env, stdio: 'pipe' });
    git('init', '-q', '--bare', '-b', 'main', repository);
    cwd = await makeProject(mode, 'a');
    await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', `git+file://${repository}`]));
    const empty = await bd(cwd, ['dolt', 'push', '--json']);
    expect(empty.exitCode).toBe(1);
    git('clone', '-q', repository, 'work');
    git('-C', 'work', '-c', 'user.name=A', '-c', 'user.email=a@l', 'commit', '-q', '--allow-empty', '-m', 'Begin');
    git('-C', 'work', 'push', '-q', 'origin', 'HEAD:main');
    const pushed = json(await ok(bd(cwd, ['dolt', 'push', '--json'])));
    expect(String(execFileSync('git', ['-C', repository, 'for-each-ref']))).toContain('refs/dolt/data');
    expect(headAt(`git+file://${repository}`)).toBe(pushed['head']);
    expect(json(await ok(bd(cwd, ['dolt', 'pull', '--json'])))).toMatchObject({ outcome: 'up-to-date' });
  });

  test('a remote that hangs is given up in time, by name, and nothing goes on waiting for it', async () => {
    const silent = await listenSilently();
    try {
      cwd = await makeProject(mode, 'a');
      url = `git+http://127.0.0.1:${portOf(silent)}/app${count}.git`;
      await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', url]));
      const failed = await bd(cwd, ['dolt', 'push', '--timeout', '2s', '--json']);
      expect(json(failed)).toMatchObject({ code: 'REMOTE_TIMEOUT', error: expect.stringContaining(url) });
      expect((await ok(bd(cwd, ['list']))).exitCode).toBe(0);
      if (mode === 'embedded') {
        await eventually('the end of what asked it', () =>
          processesOf(workspace.home).every(({ command }) => !command.includes(`app${count}.git`)),
        );
      }
    } finally {
      silent.close();
    }
  });
});

describe('a server with a remotesapi port', () => {
  let peer: BareServer;
  let url: string;

  beforeAll(async () => {
    const api = await testPort();
    const dataDir = join(workspace.home, 'peer');
    peer = await startBareServer({ dataDir, args: ['--remotesapi-port', String(api)] });
    url = `http://127.0.0.1:${api}/hm`;
    const root = await createConnection({ host: '127.0.0.1', port: peer.port, user: 'root' });
    await root.query('CREATE DATABASE hm');
    await root.query('CREATE DATABASE hm2');
    await root.query("CREATE USER sync@'%' IDENTIFIED BY 'sesame'");
    await root.query("GRANT ALL ON *.* TO sync@'%'");
    await root.query("GRANT CLONE_ADMIN ON *.* TO sync@'%'");
    await root.query("ALTER USER 'root'@'localhost' IDENTIFIED BY 'other'");
    await root.end();
  });

  afterAll(() => peer.stop());

  const credentials = { DOLT_REMOTE_USER: 'sync', DOLT_REMOTE_PASSWORD: 'sesame' };

  test('user and password come from the environment, and from nowhere else', async () => {
    const cwd = await makeProject('embedded', 'a');
    const id = await create(cwd, 'First');
    await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', url]));
    for (const env of [{}, { ...credentials, DOLT_REMOTE_PASSWORD: 'wrong' }]) {
      const refused = await bd(cwd, ['dolt', 'push', '--json'], env);
      expect(json(refused)).toMatchObject({ code: 'ACCESS_DENIED', hint: expect.stringContaining('DOLT_REMOTE_USER') });
    }
    const pushed = await bd(cwd, ['dolt', 'push', '--force', '--json'], credentials);
    expect(json(pushed)).toMatchObject({ pushed: true });
    const clone = join(base, 'clone');
    mkdirSync(join(clone, '.beads'), { recursive: true });
    for (const name of ['metadata.json', 'config.yaml']) {
      execFileSync('cp', [join(cwd, '.beads', name), join(clone, '.beads', name)]);
    }
    expect(json(await bd(clone, ['list', '--json']))).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(existsSync(join(clone, '.beads/dolt'))).toBe(false);
    expect(json(await ok(bd(clone, ['list', '--json'], credentials)))).toMatchObject([{ id }]);
    await create(clone, 'Second');
    await ok(bd(clone, ['dolt', 'push'], credentials));
    expect(json(await ok(bd(cwd, ['dolt', 'pull', '--json'], credentials)))).toMatchObject({ commits: 1 });
  });

  test('a server of ours, which has no credentials, pushes and pulls with those of this environment', async () => {
    const cwd = await makeProject('server', 's');
    const id = await create(cwd, 'First');
    await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', url.replace(/hm$/, 'hm2')]));
    expect(json(await bd(cwd, ['dolt', 'push', '--json']))).toMatchObject({ code: 'ACCESS_DENIED' });
    const wrong = await bd(cwd, ['dolt', 'push', '--json'], { ...credentials, DOLT_REMOTE_PASSWORD: 'wrong' });
    expect(json(wrong)).toMatchObject({ code: 'ACCESS_DENIED', hint: expect.stringContaining('DOLT_REMOTE_USER') });
    const first = json(await bd(cwd, ['dolt', 'push', '--json'], credentials));
    expect(first).toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining('--force') });
    const pushed = json(await ok(bd(cwd, ['dolt', 'push', '--force', '--json'], credentials)));
    expect(pushed).toMatchObject({ pushed: true });
    const other = join(base, 'other');
    mkdirSync(other);
    await ok(bd(other, ['init', '--remote', url.replace(/hm$/, 'hm2'), '--database', 'o'], credentials));
    await update(other, id, '--title', 'Theirs');
    await ok(bd(other, ['dolt', 'push'], credentials));
    await update(cwd, id, '--priority', '0');
    expect(json(await bd(cwd, ['dolt', 'push', '--json'], credentials))).toMatchObject({ code: 'CONFLICT' });
    expect(json(await ok(bd(cwd, ['dolt', 'pull', '--json'], credentials)))).toMatchObject({ outcome: 'merged' });
    expect(json(await ok(bd(cwd, ['show', id, '--json'])))).toMatchObject([{ title: 'Theirs', priority: 0 }]);
    expect(json(await ok(bd(cwd, ['dolt', 'push', '--json'], credentials)))).toMatchObject({ commits: 2 });
    expect(json(await ok(bd(cwd, ['dolt', 'remote', 'list', '--json'])))).toHaveLength(1);
    expect(spawnSync('grep', ['-rl', 'sesame', join(cwd, '.beads')], { encoding: 'utf8' }).stdout).toBe('');
  });
});

test('a port at which nobody listens is told at once', async () => {
  const cwd = await makeProject('embedded', 'a');
  const url = `http://127.0.0.1:${await testPort()}/hm`;
  await ok(bd(cwd, ['dolt', 'remote', 'add', 'origin', url]));
  for (const command of ['push', 'pull']) {
    expect(json(await bd(cwd, ['dolt', command, '--json']))).toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      error: expect.stringContaining(url),
    });
  }
});

function listenSilently(): Promise<Server> {
  const silent = createServer((socket) => socket.on('error', () => undefined));
  return new Promise((resolve) => silent.listen(0, '127.0.0.1', () => resolve(silent)));
}

function portOf(listening: Server): number {
  const address = listening.address();
  return typeof address === 'object' && address ? address.port : 0;
}
