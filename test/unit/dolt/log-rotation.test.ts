import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rotateLog, rotateLogs } from '../../../src/dolt/log-rotation.ts';

/** What happens when the copy is made: the moment that a second process would have to meet. */
const copying = vi.hoisted(() => ({ meanwhile: (): unknown => undefined }));

vi.mock(import('node:fs'), async (original) => {
  const real = await original();
  const copyFileSync: typeof real.copyFileSync = (...args) => {
    real.copyFileSync(...args);
    copying.meanwhile();
  };
  return { ...real, copyFileSync };
});

let directory: string;
let log: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gt-rotation-'));
  log = join(directory, 'beads.log');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('keeps so many files as it is told, the newest first', () => {
  for (const text of ['one', 'two', 'three', 'four']) {
    writeFileSync(log, text);
    expect(rotateLog(log, { maxBytes: 3, keep: 2 })).toBe(true);
  }
  expect(readdirSync(directory).sort()).toEqual(['beads.log', 'beads.log.1', 'beads.log.2']);
  expect(
    ['beads.log', 'beads.log.1', 'beads.log.2'].map((name) => readFileSync(join(directory, name), 'utf8')),
  ).toEqual([...['', 'four', 'three']]);
});

test('keeps none when told so, and leaves a small or a missing log alone', () => {
  expect(rotateLog(log, { maxBytes: 3, keep: 2 })).toBe(false);
  writeFileSync(log, 'ab');
  expect(rotateLog(log, { maxBytes: 3, keep: 2 })).toBe(false);
  expect(rotateLog(log, { maxBytes: 2, keep: 0 })).toBe(true);
  expect(readdirSync(directory)).toEqual(['beads.log']);
  expect(statSync(log).size).toBe(0);
});

test('that fails leaves the log and the older files as they were', () => {
  writeFileSync(log, 'new');
  writeFileSync(`${log}.2`, 'old');
  // Nothing can take this place.
  mkdirSync(join(`${log}.1`, 'full'), { recursive: true });
  expect(() => rotateLog(log, { maxBytes: 1, keep: 1 })).toThrow();
  expect(readFileSync(log, 'utf8')).toBe('new');
  expect(readFileSync(`${log}.2`, 'utf8')).toBe('old');
  expect(existsSync(`${log}.rotating`)).toBe(false);
});

test('of several, one that fails keeps no other from it', () => {
  const other = join(directory, 'other.log');
  for (const path of [log, other]) writeFileSync(path, 'too much');
  mkdirSync(join(`${log}.1`, 'full'), { recursive: true });
  const said: string[] = [];
  rotateLogs([log, join(directory, 'missing.log'), other], { maxBytes: 1, keep: 1 }, (level) => said.push(level));
  expect(said).toEqual(['warning', 'info']);
  expect(readFileSync(`${other}.1`, 'utf8')).toBe('too much');
});

test('takes along what is appended while the copy is made, and the writer goes on in the emptied file', () => {
  const writer = openSync(log, 'a');
  try {
    writeSync(writer, 'before\n');
    copying.meanwhile = () => writeSync(writer, 'meanwhile\n');
    expect(rotateLog(log, { maxBytes: 1, keep: 1 })).toBe(true);
    writeSync(writer, 'after\n');
  } finally {
    closeSync(writer);
    copying.meanwhile = () => undefined;
  }
  expect([readFileSync(`${log}.1`, 'utf8'), readFileSync(log, 'utf8')]).toEqual(['before\nmeanwhile\n', 'after\n']);
});
