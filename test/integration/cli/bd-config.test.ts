import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testPort } from '../../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let dir: string;
let count = 0;

beforeAll(() => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
});

afterAll(() => workspace.dispose());

beforeEach(async () => {
  count += 1;
  dir = join(workspace.home, `p${count}`);
  mkdirSync(dir);
  await bd(['init', '--prefix', 'hm', '--skip-agents']);
});

const bd = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { cwd: dir, env });
const yaml = () => join(dir, '.beads', 'config.yaml');
const metadata = () => JSON.parse(readFileSync(join(dir, '.beads', 'metadata.json'), 'utf8'));

describe('settings of config.yaml', () => {
  test('are set and unset in the file, whose comments stay', async () => {
    const before = readFileSync(yaml(), 'utf8');
    const set = await bd(['config', 'set', 'hierarchy.max-depth', '5']);
    expect(set.stdout).toBe('Set hierarchy.max-depth = 5');
    expect(readFileSync(yaml(), 'utf8')).toBe(`${before}hierarchy.max-depth: 5\n`);
    expect((await bd(['config', 'get', 'hierarchy.max-depth'])).stdout).toBe('5');
    expect(json(await bd(['config', 'get', 'hierarchy.max-depth', '--json']))).toEqual({
      key: 'hierarchy.max-depth',
      location: 'config.yaml',
      schema_version: 1,
      value: '5',
    });
    const unset = await bd(['config', 'unset', 'hierarchy.max-depth']);
    expect(unset.stdout).toBe('Unset hierarchy.max-depth');
    expect(readFileSync(yaml(), 'utf8')).toBe(before);
    expect((await bd(['config', 'get', 'hierarchy.max-depth'])).stdout).toBe('3');
  });

  test('a nested file stays nested; metadata.json follows', async () => {
    writeFileSync(yaml(), 'dolt:\n  mode: embedded # for now\n  user: ann\n');
    await bd(['config', 'set', 'dolt.port', '3399']);
    await bd(['config', 'set', 'dolt.user', 'bob']);
    const result = await bd(['config', 'set', 'dolt.mode', 'server', '--json']);
    expect(json(result)).toMatchObject({ key: 'dolt.mode', value: 'server', location: 'config.yaml' });
    expect(readFileSync(yaml(), 'utf8')).toBe('dolt:\n  mode: server # for now\n  user: bob\ndolt.port: 3399\n');
    expect(metadata()).toMatchObject({
      dolt_mode: 'server',
      dolt_server_host: '127.0.0.1',
      dolt_server_port: 3399,
      dolt_server_user: 'bob',
      dolt_database: 'hm',
    });
  });

  test('what a variable or another file says is told with its source', async () => {
    writeFileSync(join(dir, '.beads', 'config.local.yaml'), 'export.path: local.jsonl\n');
    const get = async (key: string, env = {}) => json(await bd(['config', 'get', key, '--json'], env));
    expect(await get('export.path')).toMatchObject({ value: 'local.jsonl', location: 'config.local.yaml' });
    expect(await get('export.path', { BD_EXPORT_PATH: 'x' })).toMatchObject({ location: 'env: BD_EXPORT_PATH' });
    expect(await get('dolt.database')).toMatchObject({ value: 'hm', location: 'metadata' });
    expect(await get('dolt.host')).toMatchObject({ value: '127.0.0.1', location: 'default' });
    expect((await bd(['config', 'get', 'sync.remote'])).stdout).toBe('sync.remote (not set)');
  });

  test('a value that is refused ends the command, and nothing is left open', { timeout: 120_000 }, async () => {
    const list = (env: NodeJS.ProcessEnv) => workspace.bd(['list', '--json'], { cwd: dir, env, timeout: 50_000 });
    const fromEnv = await list({ BD_DOLT_AUTO_COMMIT: 'bogus' });
    expect(fromEnv).toMatchObject({ exitCode: 1, timedOut: false });
    expect(json(fromEnv)).toMatchObject({ error: expect.stringContaining('bogus') });
    writeFileSync(yaml(), 'dolt.auto-commit: maybe\n');
    const fromFile = await list({});
    expect(fromFile).toMatchObject({ exitCode: 1, timedOut: false });
    expect(json(fromFile)).toMatchObject({ error: expect.stringContaining('maybe') });
  });

  test('many at once: all or none', async () => {
    const before = readFileSync(yaml(), 'utf8');
    const bad = await bd(['config', 'set-many', 'export.auto=true', 'dolt.port=0', '--json']);
    expect(bad.exitCode).toBe(1);
    expect(json(bad)).toMatchObject({ code: 'VALIDATION', error: expect.stringContaining('dolt.port') });
    expect(readFileSync(yaml(), 'utf8')).toBe(before);
    const good = await bd(['config', 'set-many', 'export.auto=true', 'actor=ann']);
    expect(good.stdout).toBe('Set export.auto = true\nSet actor = ann');
    expect((await bd(['config', 'set-many', 'export.auto'])).exitCode).toBe(1);
  });

  test('edits of several processes at once are all there', async () => {
    const keys = Array.from({ length: 6 }, (_, n) => `external_projects.p${n}`);
    const results = await Promise.all(keys.map((key) => bd(['config', 'set', key, '/x'])));
    expect(results.map((result) => result.exitCode)).toEqual(keys.map(() => 0));
    for (const key of keys) expect(readFileSync(yaml(), 'utf8')).toContain(`${key}: "/x"\n`);
  });

  test('a secret does not go into a file that git tracks', async () => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: dir, env: workspace.env });
    git('init', '-q');
    git('add', '.');
    const refused = await bd(['config', 'set', 'ai.api_key', 'sk-1', '--json']);
    expect(json(refused)).toMatchObject({ code: 'VALIDATION', error: expect.stringContaining('secret') });
    expect(readFileSync(yaml(), 'utf8')).not.toContain('sk-1');
    expect((await bd(['config', 'set', 'ai.api_key', 'sk-1', '--force-git-tracked'])).exitCode).toBe(0);
    git('rm', '-qf', '--cached', '.beads/config.yaml');
    expect((await bd(['config', 'set', 'ai.api_key', 'sk-2'])).exitCode).toBe(0);
  });
});

describe('settings of the database', () => {
  test('are rows, with a Dolt commit, and a clean status', async () => {
    expect((await bd(['config', 'set', 'status.custom', 'review:wip, parked'])).stdout).toBe(
      'Set status.custom = review:wip, parked',
    );
    const list = await bd(['config', 'list']);
    expect(list.stdout).toContain('  issue_prefix = hm\n');
    expect(list.stdout).toContain('  status.custom = review:wip, parked');
    expect(json(await bd(['config', 'list', '--json']))).toMatchObject({ issue_prefix: 'hm', schema_version: 1 });
    const rows = await bd(['sql', 'SELECT name, category FROM custom_statuses ORDER BY name', '--json']);
    expect(JSON.parse(rows.stdout)).toEqual([
      { category: 'unspecified', name: 'parked' },
      { category: 'wip', name: 'review' },
    ]);
    expect(JSON.parse((await bd(['sql', 'SELECT * FROM dolt_status', '--json'])).stdout)).toEqual([]);
    const log = await bd(['sql', 'SELECT message, committer FROM dolt_log LIMIT 1', '--json']);
    expect(JSON.parse(log.stdout)).toEqual([
      { committer: 'tester', message: 'bd: config set status.custom by tester' },
    ]);
    await bd(['config', 'unset', 'status.custom']);
    expect(JSON.parse((await bd(['sql', 'SELECT * FROM custom_statuses', '--json'])).stdout)).toEqual([]);
  });

  test.each([
    ['status.custom', 'Review', /invalid custom status "Review"/],
    ['status.custom', 'review:later', /invalid category "later"/],
    ['types.custom', 'a b', /invalid custom type "a b"/],
    ['issue_prefix', 'zz', /issue_prefix cannot be changed/],
    ['dolt.mode', 'sever', /must be one of embedded, server/],
    ['bad key', 'x', /cannot be the name of a setting/],
  ])('%s = %j is refused', async (key, value, message) => {
    const result = await bd(['config', 'set', key, value, '--json']);
    expect(result.exitCode).toBe(1);
    expect(json(result)).toMatchObject({ code: 'VALIDATION', error: expect.stringMatching(message) });
  });

  test('an unknown key is stored, with a warning', async () => {
    const result = await bd(['config', 'set', 'dolt_mode', 'server']);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toBe('Warning: unknown setting "dolt_mode" was stored; did you mean "dolt.mode"?');
    expect((await bd(['config', 'get', 'dolt_mode'])).stdout).toBe('server');
    const slip = await bd(['config', 'set', 'hierarchy.max-dept', '4']);
    expect(slip.stderr).toBe(
      'Warning: unknown setting "hierarchy.max-dept" was stored; did you mean "hierarchy.max-depth"?',
    );
    const checked = await bd(['config', 'validate']);
    expect(checked.stdout).toContain('hierarchy.max-dept is not a setting that bd knows');
    await bd(['config', 'unset', 'hierarchy.max-dept']);
  });

  test('a setting that only the Go bd obeys says so', async () => {
    const result = await bd(['config', 'set', 'dolt.auto-push', 'true']);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toBe(
      'Warning: "dolt.auto-push" was stored, but has no effect here: it is a setting of the Go bd',
    );
    expect((await bd(['config', 'validate'])).stdout).toContain('dolt.auto-push has no effect here');
    await bd(['config', 'unset', 'dolt.auto-push']);
  });

  test('another backend is refused', async () => {
    const result = await workspace.bd(['list', '--json'], { cwd: dir, env: { BD_BACKEND: 'sqlite' } });
    expect(result.exitCode).toBe(1);
    expect(json(result)).toMatchObject({
      code: 'CONFIG_INVALID',
      error: 'BD_BACKEND=sqlite: issues are kept in Dolt only',
    });
    expect((await workspace.bd(['list'], { cwd: dir, env: { BD_BACKEND: 'dolt' } })).exitCode).toBe(0);
  });
});

test('git keeps beads.role', async () => {
  execFileSync('git', ['init', '-q'], { cwd: dir, env: workspace.env });
  await bd(['config', 'set', 'beads.role', 'maintainer']);
  const asked = execFileSync('git', ['config', 'beads.role'], { cwd: dir, env: workspace.env, encoding: 'utf8' });
  expect(asked.trim()).toBe('maintainer');
  expect((await bd(['config', 'get', 'beads.role'])).stdout).toBe('maintainer');
  await bd(['config', 'unset', 'beads.role']);
  expect((await bd(['config', 'get', 'beads.role'])).stdout).toBe('beads.role (not set)');
});

test('show lists everything with its source, without a server too', async () => {
  const entries = JSON.parse((await bd(['config', 'show', '--json'], { BEADS_ACTOR: 'me' })).stdout);
  expect(entries).toEqual(
    expect.arrayContaining([
      { key: 'actor', location: 'env: BEADS_ACTOR', value: 'me' },
      { key: 'dolt.mode', location: 'metadata', value: 'embedded' },
      { key: 'export.auto', location: 'config.yaml', value: 'false' },
      { key: 'issue_prefix', location: 'database', value: 'hm' },
    ]),
  );
  await bd(['config', 'set-many', 'dolt.mode=server', `dolt.port=${await testPort()}`]);
  const down = await bd(['config', 'show']);
  expect(down.exitCode).toBe(0);
  expect(down.stderr).toMatch(/note: without the settings of the database: Dolt server unreachable/);
  expect(down.stdout).toMatch(/^dolt\.mode = server +\(config\.yaml\)$/m);
});

test('validate names what is wrong and where', async () => {
  expect((await bd(['config', 'validate'])).stdout).toBe('✓ Configuration is valid');
  writeFileSync(yaml(), 'dolt:\n  mode: server\n  port: http\nnonsense: 1\n');
  const result = await bd(['config', 'validate', '--json'], { BEADS_DOLT_SERVER_PORT: '3307' });
  expect(result.exitCode).toBe(1);
  expect(json(result)).toMatchObject({
    valid: false,
    problems: [
      { key: 'dolt.port', severity: 'error', location: yaml() },
      { key: 'nonsense', severity: 'warning' },
      { key: 'dolt.mode', severity: 'warning', message: expect.stringContaining('metadata.json') },
    ],
  });
  writeFileSync(yaml(), 'a: [\n');
  const broken = await bd(['config', 'validate', '--json']);
  expect(json(broken)).toMatchObject({ code: 'CONFIG_INVALID', error: expect.stringContaining(`${yaml()}:`) });
});

test('--readonly refuses', async () => {
  for (const args of [
    ['set', 'actor', 'x'],
    ['set', 'kv.a', 'x'],
    ['unset', 'actor'],
  ]) {
    expect(json(await bd(['--readonly', '--json', 'config', ...args]))).toMatchObject({ code: 'READ_ONLY' });
  }
});
