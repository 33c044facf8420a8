import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FindDoltOptions, findDolt } from '../../../src/dolt/binary.ts';
import { doltLocations } from '../../../src/dolt/locations.ts';
import { writeStubDolt } from '../../helpers/stub-dolt.ts';
import { json, makeWorkspace } from '../../helpers/workspace.ts';

/** Larger than a wrapper may be, so that its version is remembered. */
const LIKE_DOLT = { bytes: 5 * 1024 * 1024 };

let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'gt-find-')));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function find(options: Partial<FindDoltOptions> = {}) {
  return findDolt({ home, env: {}, ...options });
}

function stub(directory: string, version: string, options = {}) {
  return writeStubDolt(join(home, directory, 'dolt'), version, options);
}

/** As `gt dolt install` leaves it. */
function cached(version: string): string {
  const { installs, current } = doltLocations({ home, env: {} });
  const path = writeStubDolt(join(installs, version, 'dolt'), version);
  symlinkSync(version, current);
  return path;
}

function calls(path: string): number {
  return existsSync(`${path}.calls`) ? readFileSync(`${path}.calls`, 'utf8').trim().split('\n').length : 0;
}

test('the order is GT_DOLT_BIN, dolt.path, PATH, cache', async () => {
  const inCache = cached('1.90.0');
  expect(await find()).toEqual({ path: inCache, version: '1.90.0', source: 'cache' });

  const onPath = stub('bin', '1.91.0');
  const PATH = `${join(home, 'empty')}:${join(home, 'bin')}`;
  expect(await find({ env: { PATH } })).toEqual({ path: onPath, version: '1.91.0', source: 'path' });

  const configuredPath = stub('configured', '1.92.0');
  expect(await find({ env: { PATH }, configuredPath })).toEqual({
    path: configuredPath,
    version: '1.92.0',
    source: 'config',
  });

  const GT_DOLT_BIN = stub('env', '1.93.0');
  expect(await find({ env: { PATH, GT_DOLT_BIN }, configuredPath })).toEqual({
    path: GT_DOLT_BIN,
    version: '1.93.0',
    source: 'env',
  });
});

test('the real Dolt is found, and says the same version when asked by hand', async () => {
  const real = process.env['GT_DOLT_BIN'] ?? '';
  const found = await find({ env: { GT_DOLT_BIN: real } });
  const said = execFileSync(real, ['version'], { encoding: 'utf8', env: { HOME: home } });
  expect(said).toContain(`dolt version ${found.version}\n`);
});

test('nothing anywhere: DOLT_NOT_FOUND, exit 5, and what to do', async () => {
  await expect(find({ env: { PATH: '/nowhere:relative:' } })).rejects.toMatchObject({
    code: 'DOLT_NOT_FOUND',
    exitCode: 5,
    hint: 'gt dolt install',
  });
});

test.each(['env', 'config'] as const)(
  'an unusable one that %s names is an error, though PATH has a good one',
  async (source) => {
    stub('bin', '1.91.0');
    const PATH = join(home, 'bin');
    const named = (path: string) => {
      return source === 'env'
        ? find({ env: { PATH, GT_DOLT_BIN: path } })
        : find({ env: { PATH }, configuredPath: path });
    };
    const refused = (message: RegExp) => ({
      code: 'DOLT_UNUSABLE',
      exitCode: 5,
      message: expect.stringMatching(message),
    });
    await expect(named(join(home, 'nowhere/dolt'))).rejects.toMatchObject(refused(/does not exist/));
    await expect(named(home)).rejects.toMatchObject(refused(/is not a file/));
    await expect(named('dolt')).rejects.toMatchObject(refused(/not an absolute path/));
    await expect(named(stub('a', '1.90.0', { mode: 0o644 }))).rejects.toMatchObject(refused(/is not executable/));
    await expect(named(stub('b', '1.85.2'))).rejects.toMatchObject(refused(/Dolt 1\.85\.2.* older than 1\.86\.0/));
    await expect(named(stub('c', '2.0.4'))).rejects.toMatchObject(refused(/Dolt 2\.0\.4.* lose data/));
  },
);

test('one in a directory that may not be entered is not said to be missing', async () => {
  const path = stub('closed', '1.90.0');
  const { gt, dispose } = makeWorkspace({ GT_DOLT_BIN: path });
  chmodSync(join(home, 'closed'), 0o600);
  try {
    const refused = await gt(['dolt', 'install', '--json'], { obeyPermissions: true });
    expect([refused.exitCode, json(refused)]).toEqual([
      5,
      expect.objectContaining({ code: 'DOLT_UNUSABLE', error: expect.stringMatching(/cannot be reached.*permission/) }),
    ]);
  } finally {
    chmodSync(join(home, 'closed'), 0o700);
    await dispose();
  }
});

test('programs that are not Dolt, or do not work, are refused with what they said', async () => {
  const program = (content: string) => {
    const path = join(home, 'dolt');
    writeFileSync(path, content, { mode: 0o755 });
    return find({ env: { GT_DOLT_BIN: path } });
  };
  const refused = (message: RegExp) => ({ code: 'DOLT_UNUSABLE', message: expect.stringMatching(message) });
  await expect(program('#!/bin/sh\necho hello\n')).rejects.toMatchObject(refused(/is not Dolt.*"hello"/));
  await expect(program('#!/bin/sh\necho lib.so missing >&2; exit 127\n')).rejects.toMatchObject(
    refused(/lib\.so missing/),
  );
  await expect(program('#!/nowhere/sh\n')).rejects.toMatchObject(refused(/interpreter/));
  await expect(program('\0garbage')).rejects.toMatchObject(refused(/cannot be executed|fails at/));
});

test('~ in dolt.path is the home directory', async () => {
  const path = stub('tools', '1.90.0');
  expect(await find({ configuredPath: '~/tools/dolt' })).toMatchObject({ path, source: 'config' });
});

test('on PATH an unusable one is passed over for a good one in the cache only', async () => {
  stub('old', '1.50.0');
  const env = { PATH: join(home, 'old') };
  await expect(find({ env })).rejects.toMatchObject({
    code: 'DOLT_UNUSABLE',
    message: expect.stringMatching(/from PATH.*1\.50\.0/),
    hint: 'gt dolt install',
  });
  const path = cached('1.90.0');
  expect(await find({ env })).toEqual({ path, version: '1.90.0', source: 'cache' });
});

test('on PATH a file that cannot be executed is passed over, as a shell does, and named when it is the only one', async () => {
  mkdirSync(join(home, 'directory', 'dolt'), { recursive: true });
  stub('plain', '1.90.0', { mode: 0o644 });
  const path = stub('bin', '1.91.0');
  const directories = ['directory', 'plain', 'bin'].map((name) => join(home, name));
  expect(await find({ env: { PATH: directories.join(':') } })).toMatchObject({ path });
  await expect(find({ env: { PATH: directories.slice(0, 2).join(':') } })).rejects.toMatchObject({
    code: 'DOLT_UNUSABLE',
    message: expect.stringMatching(/plain\/dolt .*is not executable/),
  });
});

test('a program is asked once, and again when its file changes', async () => {
  const path = stub('bin', '1.90.0', LIKE_DOLT);
  const env = { PATH: join(home, 'bin') };
  for (let time = 0; time < 3; time += 1) expect(await find({ env })).toMatchObject({ version: '1.90.0' });
  expect(calls(path)).toBe(1);

  stub('bin', '1.91.0', LIKE_DOLT);
  utimesSync(path, new Date(), new Date(Date.now() + 60_000));
  expect(await find({ env })).toMatchObject({ version: '1.91.0' });
  expect(calls(path)).toBe(2);

  chmodSync(path, 0o644);
  await expect(find({ env })).rejects.toMatchObject({ message: expect.stringContaining('is not executable') });
});

test('a wrapper is asked each time: the Dolt behind it may change', async () => {
  const path = stub('bin', '1.90.0');
  const env = { PATH: join(home, 'bin') };
  await find({ env });
  await find({ env });
  expect(calls(path)).toBe(2);
});

test.each(['{', '[]', 'null', '{"/x": 3}', ''])(
  'a broken memory of versions (%j) is ignored and replaced',
  async (content) => {
    const { knownVersions } = doltLocations({ home, env: {} });
    mkdirSync(join(knownVersions, '..'), { recursive: true });
    writeFileSync(knownVersions, content);
    const path = stub('bin', '1.90.0', LIKE_DOLT);
    const env = { PATH: join(home, 'bin') };
    expect(await find({ env })).toMatchObject({ version: '1.90.0' });
    expect(await find({ env })).toMatchObject({ version: '1.90.0' });
    expect(calls(path)).toBe(1);
    expect(statSync(knownVersions).mode & 0o777).toBe(0o600);
  },
);

test('a memory that cannot be written costs nothing but time', async () => {
  writeFileSync(join(home, '.cache'), 'a file where the directory should be');
  stub('bin', '1.90.0', LIKE_DOLT);
  expect(await find({ env: { PATH: join(home, 'bin') } })).toMatchObject({ version: '1.90.0' });
});

test('asking for the version never touches the configuration of the user', async () => {
  const dolt = realpathSync(process.env['GT_DOLT_BIN'] ?? '');
  const before = process.env['HOME'];
  process.env['HOME'] = home;
  try {
    await find({ env: { GT_DOLT_BIN: dolt, XDG_CACHE_HOME: join(home, 'cache') } });
  } finally {
    process.env['HOME'] = before;
  }
  expect(readdirSync(home)).toEqual(['cache']);
});
