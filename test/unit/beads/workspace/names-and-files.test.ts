import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMetadata, writeMetadata } from '../../../../src/beads/workspace/metadata.ts';
import { databaseOfPrefix, prefixOfDirectory, readPrefix } from '../../../../src/beads/workspace/prefix.ts';
import { canonicalUrl } from '../../../../src/beads/workspace/repo-ids.ts';
import { isKnownKey, problemWith, storeOf } from '../../../../src/beads/workspace/setting-keys.ts';
import { loadSettings } from '../../../../src/beads/workspace/settings.ts';
import { passwordIn, serverPassword } from '../../../../src/town/credentials.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gt-files-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('prefixes', () => {
  test.each([
    ['/x/gas-town', 'gas-town'],
    ['/x/.dotfiles', 'dotfiles'],
    ['/x/my.proj', 'my_proj'],
    ['/x/name-', 'name'],
    ['/x/9lives', 'bd_9lives'],
    ['/x/Größe', 'Gro_e'],
    ['/', 'bd'],
  ])('of %s is %s', (directory, prefix) => {
    expect(prefixOfDirectory(directory)).toBe(prefix);
    expect(readPrefix(prefix)).toBe(prefix);
  });

  test('as typed, and their database', () => {
    expect(readPrefix('hm-')).toBe('hm');
    for (const bad of ['', '-', 'a b', "x'; DROP", 'a/b'])
      expect(() => readPrefix(bad)).toThrow(/cannot be the prefix/);
    expect(databaseOfPrefix('my-proj.x')).toBe('my_proj_x');
    expect(databaseOfPrefix('mysql')).toBe('mysql_beads');
  });
});

test.each([
  'https://github.com/steveyegge/beads.git',
  'https://user:token@GitHub.com/steveyegge/beads',
  'ssh://git@github.com:22/steveyegge/beads.git',
  'git@github.com:steveyegge/beads.git',
  'git+ssh://git@github.com/steveyegge/beads/',
])('%s is one repository', (url) => {
  expect(canonicalUrl(url)).toBe('github.com/steveyegge/beads');
});

describe('metadata.json', () => {
  test('is written as the Go bd writes it, unknown keys kept', async () => {
    const metadata = { project_id: 'p', dolt_mode: 'server', backend: 'dolt', database: 'dolt', other: [1] };
    await writeMetadata(dir, { ...metadata, dolt_server_port: 3307 });
    const text = readFileSync(join(dir, 'metadata.json'), 'utf8');
    expect(text).toBe(
      '{\n  "database": "dolt",\n  "backend": "dolt",\n  "dolt_mode": "server",\n  "dolt_server_port": 3307,\n  "project_id": "p",\n  "other": [\n    1\n  ]\n}',
    );
    expect(statSync(join(dir, 'metadata.json')).mode & 0o777).toBe(0o600);
    expect(readMetadata(dir)).toEqual({ ...metadata, dolt_server_port: 3307 });
  });

  test.each(['', '[]', '{', '{"dolt_server_port": "x"}', '{"dolt_mode": 1}'])('%j is refused', (text) => {
    writeFileSync(join(dir, 'metadata.json'), text);
    expect(() => readMetadata(dir)).toThrow(/metadata\.json is not a JSON object/);
  });
});

describe('the password', () => {
  const file = '; mine\n[127.0.0.1:3307]\npassword = one=1 \n[db.example.org:3307]\nuser = x\npassword=two\n';

  test('comes from the variable, else from the section of the server', () => {
    expect(passwordIn(file, '127.0.0.1:3307')).toBe('one=1');
    expect(passwordIn(file, 'db.example.org:3307')).toBe('two');
    expect(passwordIn(file, '127.0.0.1:3308')).toBeUndefined();
    writeFileSync(join(dir, 'credentials'), file);
    const env = { BEADS_CREDENTIALS_FILE: join(dir, 'credentials') };
    const server = { host: 'db.example.org', port: 3307 };
    expect(serverPassword(server, env)).toBe('two');
    expect(serverPassword(server, { ...env, BEADS_DOLT_PASSWORD: 'three' })).toBe('three');
    expect(serverPassword(server, { HOME: dir })).toBeUndefined();
    expect(() => serverPassword(server, { BEADS_CREDENTIALS_FILE: join(dir, 'nope') })).toThrow(/credentials file/);
  });
});

describe('settings', () => {
  test('a value that cannot be is named with the place where it stands', async () => {
    writeFileSync(join(dir, 'config.yaml'), 'dolt:\n  mode: sever\n');
    const settings = await loadSettings({ beadsDir: dir, env: { HOME: dir, BD_DOLT_AUTO_COMMIT: 'maybe' } });
    expect(() => settings.value('dolt.mode')).toThrow(`dolt.mode is "sever" (${join(dir, 'config.yaml')}): it must be`);
    expect(() => settings.value('dolt.auto-commit')).toThrow(/BD_DOLT_AUTO_COMMIT/);
  });

  test('the user’s own files come after the project’s', async () => {
    writeFileSync(join(dir, 'config.yaml'), 'actor: project\n');
    const home = mkdtempSync(join(dir, 'home-'));
    const settings = async () => loadSettings({ beadsDir: dir, env: { HOME: home, XDG_CONFIG_HOME: join(home, 'c') } });
    expect((await settings()).get('actor')).toMatchObject({ value: 'project', source: 'config.yaml' });
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(home, 'c', 'bd'), { recursive: true });
    writeFileSync(join(home, 'c', 'bd', 'config.yaml'), 'actor: user\nexport.path: user.jsonl\n');
    expect((await settings()).value('actor')).toBe('project');
    expect((await settings()).get('export.path')).toMatchObject({ value: 'user.jsonl', source: 'user config' });
  });

  test('where keys belong', () => {
    expect(['dolt.mode', 'export.auto', 'ai.model', 'actor'].map(storeOf)).toEqual(Array(4).fill('file'));
    expect(['status.custom', 'kv.x', 'jira.url', 'whatever'].map(storeOf)).toEqual(Array(4).fill('database'));
    expect(storeOf('beads.role')).toBe('git');
    expect([isKnownKey('kv.x'), isKnownKey('whatever')]).toEqual([true, false]);
    expect(problemWith('dolt.port', '65536')).toMatch(/port/);
    expect(problemWith('dolt.auto-commit', 'true')).toBeUndefined();
    expect(problemWith('export.interval', '5 apples')).toMatch(/duration/);
  });
});
