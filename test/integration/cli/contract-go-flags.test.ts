import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { testPort } from '../../helpers/ports.ts';
import { json, makeWorkspace, type RunResult, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let dir: string;
let count = 0;

beforeAll(() => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
});

afterAll(() => workspace.dispose());

beforeEach(() => {
  count += 1;
  dir = join(workspace.home, `p${count}`);
  mkdirSync(dir);
});

const bd = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { cwd: dir, env });
const init = (...flags: string[]) => ok(bd(['init', '--prefix', 'hm', '--skip-agents', ...flags]));

async function ok(running: Promise<RunResult>): Promise<RunResult> {
  const result = await running;
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return result;
}

describe('global flags', () => {
  test.each(['--sandbox', '--profile'])('%s stands before and after the name', async (flag) => {
    await init();
    await ok(bd([flag, 'create', 'A']));
    expect(json(await ok(bd(['list', flag, '--json'])))).toHaveLength(1);
  });

  test('--global means another database, and never this project’s', async () => {
    await init();
    for (const args of [
      ['--global', 'create', 'A', '--json'],
      ['create', 'A', '--global', '--json'],
    ]) {
      const result = await bd(args);
      expect(result.exitCode).toBe(1);
      expect(json(result)).toMatchObject({ error: expect.stringContaining('beads_global') });
    }
    expect(json(await ok(bd(['list', '--json'])))).toEqual([]);
  });
});

describe('bd dolt', () => {
  test.each([
    ['push', 'pushed'],
    ['pull', 'pulled'],
  ])('%s without a remote says so and ends with 0; a remote that is named has to be there', async (command, key) => {
    await init();
    expect((await ok(bd(['dolt', command]))).stdout).toBe('No remote is configured — skipping.');
    expect((await ok(bd(['dolt', command, '--quiet']))).stdout).toBe('');
    expect(json(await ok(bd(['dolt', command, '--json'])))).toEqual({ [key]: false, schema_version: 1, skipped: true });
    const named = await bd(['dolt', command, '--remote', 'backup', '--json']);
    expect(named.exitCode).toBe(1);
    expect(json(named)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('push takes a remote that only the settings name', async () => {
    await init();
    await ok(bd(['config', 'set', 'sync.remote', `file://${join(dir, 'remote')}`]));
    expect(json(await ok(bd(['dolt', 'push', '--json'])))).toMatchObject({ pushed: true, remote: 'origin' });
  });

  test('commit without -m counts what changed', async () => {
    await init();
    const off = { BD_DOLT_AUTO_COMMIT: 'off' };
    await ok(bd(['create', 'A', '--id', 'hm-a'], off));
    await ok(bd(['create', 'B', '--id', 'hm-b'], off));
    expect(json(await ok(bd(['dolt', 'commit', '--json'])))).toMatchObject({
      committed: true,
      message: 'bd: batch commit by tester — 2 created (+ events)',
    });
    await ok(bd(['create', 'C'], off));
    await ok(bd(['update', 'hm-a', '--title', 'A2'], off));
    await ok(bd(['delete', 'hm-b', '--force'], off));
    expect(json(await ok(bd(['dolt', 'commit', '--json'])))).toMatchObject({
      committed: true,
      message: expect.stringMatching(
        /^bd: batch commit by tester — 1 created, 1 updated, 1 deleted \(\+ .*events.*\)$/,
      ),
    });
    expect((await ok(bd(['dolt', 'commit']))).stdout).toBe('Nothing to commit');
    expect((await bd(['vc', 'commit'])).exitCode).toBe(2);
  });

  test('set changes a setting of dolt, and knows no other', async () => {
    await init();
    expect((await ok(bd(['dolt', 'set', 'user', 'ann']))).stdout).toBe('Set user = ann (in config.yaml)');
    expect(json(await ok(bd(['dolt', 'set', 'port', '3399', '--update-config', '--json'])))).toMatchObject({
      key: 'port',
      value: '3399',
    });
    expect((await ok(bd(['config', 'get', 'dolt.port']))).stdout).toBe('3399');
    const unknown = await bd(['dolt', 'set', 'bogus', 'x', '--json']);
    expect(unknown.exitCode).toBe(1);
    expect(json(unknown)).toMatchObject({ code: 'VALIDATION', error: "unknown key 'bogus'" });
    expect(json(await bd(['dolt', 'set', 'port', 'x', '--json']))).toMatchObject({ code: 'VALIDATION' });
    expect(json(await bd(['dolt', 'set', 'user', 'x', '--readonly', '--json']))).toMatchObject({ code: 'READ_ONLY' });
  });

  test('status of an embedded database: no server runs, exit 0', async () => {
    await init();
    expect((await ok(bd(['dolt', 'status']))).stdout).toMatch(/^Dolt server: not running/);
    expect(json(await ok(bd(['dolt', 'status', '--json'])))).toEqual({
      data_dir: join(dir, '.beads', 'dolt'),
      mode: 'embedded',
      pid: 0,
      port: 0,
      running: false,
      schema_version: 1,
    });
  });

  describe('with a server', () => {
    let server: BareServer;

    beforeAll(async () => {
      server = await startBareServer({ dataDir: join(workspace.home, 'data') });
    });

    afterAll(() => server.stop());

    test('status of one that runs, and of one that does not', async () => {
      await init('--server', '--external', '--server-port', String(server.port));
      const state = json(await ok(bd(['dolt', 'status', '--json'])));
      expect(state).toMatchObject({ running: true, port: server.port, host: '127.0.0.1', mode: 'server' });
      expect((await ok(bd(['dolt', 'status']))).stdout).toMatch(/^Dolt server: running\n {2}Address: 127\.0\.0\.1:\d+/);
      const port = await testPort();
      const away = await ok(bd(['dolt', 'status', '--json'], { BEADS_DOLT_SERVER_PORT: String(port) }));
      expect(json(away)).toMatchObject({ running: false, port, data_dir: '' });
    });
  });
});

describe('bd init', () => {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: dir, encoding: 'utf8' }).trim();

  test('takes what set-up scripts pass, and tells what has no effect', async () => {
    git('init', '--quiet');
    const result = await init(
      ...['--backend', 'dolt', '--role', 'maintainer', '--setup-exclude', '--non-interactive', '--contributor'],
      ...['--team', '--agents-file', 'OTHER.md'],
    );
    expect(result.stdout).toContain('bd initialized successfully!');
    for (const flag of ['--contributor', '--team', '--agents-file']) expect(result.stderr).toContain(`note: ${flag} `);
    expect(git('config', 'beads.role')).toBe('maintainer');
    expect(git('status', '--porcelain')).toBe('');
    expect(readFileSync(join(dir, '.git/info/exclude'), 'utf8')).toContain('.beads/');
  });

  test('knows no other backend, and makes nothing then', async () => {
    const result = await bd(['init', '--backend', 'sqlite', '--json']);
    expect(result.exitCode).toBe(1);
    expect(json(result)).toMatchObject({ code: 'VALIDATION', error: expect.stringContaining('sqlite') });
    expect(existsSync(join(dir, '.beads'))).toBe(false);
  });

  test('--role outside a git repository is told, and no failure', async () => {
    const result = await init('--role', 'contributor');
    expect(result.stderr).toContain('note: --role was not kept');
  });

  test('--shared-server is a server on port 3308', async () => {
    const result = await bd(['init', '--shared-server', '--server-host', 'nowhere.invalid', '--json']);
    expect(json(result)).toMatchObject({ error: expect.stringContaining('nowhere.invalid:3308') });
  });

  test('--from-jsonl imports once, and never over what the database holds', async () => {
    await init();
    await ok(bd(['create', 'A', '--id', 'hm-a']));
    const text = (await ok(bd(['export']))).stdout;
    dir = join(workspace.home, `q${count}`);
    mkdirSync(join(dir, '.beads'), { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, '.beads', 'issues.jsonl'), `${text}\n`);
    expect(json(await init('--from-jsonl', '--json'))).toMatchObject({ created: true, imported: 1 });
    await ok(bd(['update', 'hm-a', '--title', 'A2']));
    const again = await init('--from-jsonl', '--json');
    expect(json(again)).toMatchObject({ created: false, imported: 0 });
    expect(again.stderr).toContain('the database holds issues already');
    expect(json(await ok(bd(['show', 'hm-a', '--json'])))).toMatchObject([{ title: 'A2' }]);
  });

  test('--from-jsonl without the file makes the workspace and says that it imported nothing', async () => {
    const result = await init('--from-jsonl');
    expect(result.stderr).toContain('note: --from-jsonl imported nothing: there is no ');
  });
});

describe('bd doctor and bd migrate', () => {
  test('-o writes the document that --json prints', async () => {
    await init();
    const printed = await ok(bd(['doctor', '--json', '-o', 'report.json']));
    expect(readFileSync(join(dir, 'report.json'), 'utf8')).toBe(`${printed.stdout}\n`);
    const text = await ok(bd(['doctor', '--output', 'report.json']));
    expect(text.stdout).toMatch(/^bd doctor v/);
    expect(JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8'))).toMatchObject({ overall_ok: true });
  });

  test('--check tells one check, and judges by it', async () => {
    await init();
    const { checks } = json<{ checks: { name: string }[] }>(
      await ok(bd(['doctor', '--check', 'project-identity', '--json'])),
    );
    expect(checks.map(({ name }) => name)).toEqual(['Project Identity']);
    const unknown = await bd(['doctor', '--check', 'pollution', '--json']);
    expect(unknown.exitCode).toBe(1);
    expect(json(unknown)).toMatchObject({ code: 'VALIDATION', hint: expect.stringContaining('Project Identity') });
    expect((await bd(['doctor', '--check', 'cycles', '--fix'])).exitCode).toBe(2);
  });

  test('migrate --inspect says what the workspace uses, and writes nothing', async () => {
    await init();
    const result = await ok(bd(['migrate', '--inspect', '--json']));
    expect(json(result)).toEqual(json(await ok(bd(['migrate', '--json']))));
    expect(json(await ok(bd(['migrate', '--inspect', '--to-dolt', '--json'])))).toEqual(json(result));
  });
});
