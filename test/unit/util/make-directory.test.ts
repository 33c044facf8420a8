import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDirectory } from '../../../src/util/make-directory.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gt-make-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('makes what is missing, for the user alone, and again does nothing', async () => {
  const path = join(directory, 'a/b/c');
  await Promise.all(Array.from({ length: 8 }, () => makeDirectory(path)));
  await makeDirectory(path);
  for (const made of ['a', 'a/b', 'a/b/c']) expect(statSync(join(directory, made)).mode & 0o777).toBe(0o700);
});

test('tells when a file is in the way', async () => {
  writeFileSync(join(directory, 'file'), '');
  await expect(makeDirectory(join(directory, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectory(join(directory, 'file/a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.skipIf(process.platform !== 'linux')('ends where nothing can be made', async () => {
  await expect(makeDirectory('/proc/nothing/here')).rejects.toMatchObject({ code: 'ENOENT' });
});
