import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
let home: string;

/** An installation of its own, whose code cache no other test uses. */
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'code-cache-'));
  mkdirSync(join(home, 'package/dist/bin'), { recursive: true });
  mkdirSync(join(home, 'package/templates'));
  for (const file of ['package.json', 'dist/bd.cjs', 'dist/bin/bd.cjs']) {
    cpSync(join(root, file), join(home, 'package', file));
  }
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const besides = () => join(home, 'package/dist/code-cache');
const inHome = () => join(home, '.cache/gastown-dolt/code-cache');

async function version(): Promise<void> {
  const { stdout } = await execa(process.execPath, [join(home, 'package/dist/bin/bd.cjs'), 'version', '--json'], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home },
    extendEnv: false,
  });
  expect(JSON.parse(stdout).version).toMatch(/^\d+\.\d+\.\d+/);
}

test('a cache that was damaged is not used, and is made anew', async () => {
  await version();
  const [name = ''] = readdirSync(besides());
  const file = join(besides(), name);
  const good = readFileSync(file);
  const damaged = (from: number, to: number) => Buffer.from(good).fill(0, from, to);
  const middle = Math.floor(good.length / 4);
  const kinds = {
    empty: Buffer.alloc(0),
    garbage: Buffer.from('not a cache'.repeat(1000)),
    'cut off': good.subarray(0, good.length - 4096),
    'cut in half': good.subarray(0, good.length / 2),
    zeros: Buffer.alloc(good.length),
    'a page of zeros': damaged(middle, middle + 4096),
    'its end is zeros': damaged(good.length / 2 - 4096, good.length),
  };
  for (const [kind, content] of Object.entries(kinds)) {
    writeFileSync(file, content);
    await version();
    const after = readFileSync(file);
    expect(after.equals(content), kind).toBe(false);
    expect(after.length, kind).toBeGreaterThan(good.length / 2);
  }
  expect(readdirSync(besides())).toEqual([name]);
});

test('caches of other builds go when nobody has made them for a week', async () => {
  mkdirSync(besides());
  const old = { week: 8, yesterday: 1 };
  for (const [name, days] of Object.entries(old)) {
    const file = join(besides(), `bd.version.${name}.v20.0.0.x64`);
    writeFileSync(file, '');
    const then = new Date(Date.now() - days * 24 * 3_600_000);
    utimesSync(file, then, then);
  }
  await version();
  const left = readdirSync(besides());
  expect(left.some((name) => name.includes('.week.'))).toBe(false);
  expect(left.some((name) => name.includes('.yesterday.'))).toBe(true);
  expect(left).toHaveLength(2);
});

test('those who start at once leave one cache, whole', async () => {
  await Promise.all(Array.from({ length: 6 }, version));
  const [name = '', ...others] = readdirSync(besides());
  expect(others).toEqual([]);
  const before = readFileSync(join(besides(), name));
  await version();
  expect(readFileSync(join(besides(), name)).equals(before)).toBe(true);
});

test('an installation that may not be written keeps its cache in the home of its user', async () => {
  // A file in the place of the directory: permissions would not keep root out.
  writeFileSync(besides(), '');
  await version();
  expect(readdirSync(inHome())).toHaveLength(1);
  await version();
  expect(readdirSync(inHome())).toHaveLength(1);
});

test('works where no cache can be kept at all', async () => {
  writeFileSync(besides(), '');
  writeFileSync(join(home, '.cache'), '');
  await version();
  expect(existsSync(inHome())).toBe(false);
});
