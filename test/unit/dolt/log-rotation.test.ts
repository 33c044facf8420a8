import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rotateLog } from '../../../src/dolt/log-rotation.ts';
import { eventually } from '../../helpers/eventually.ts';

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

test('takes along what another process appends while the copy is made', async () => {
  // Large enough for the writer to have its turns during the copy.
  const size = 128 * 1024 * 1024;
  writeFileSync(log, Buffer.alloc(size, '.'));
  const script = `let n = 0; const log = require('node:fs').openSync(process.argv[1], 'a');
    const timer = setInterval(() => {
      require('node:fs').writeSync(log, 'line ' + n + '\\n');
      if (++n === 200) clearInterval(timer);
    }, 5)`;
  const writer = spawn(process.execPath, ['-e', script, log], { stdio: 'ignore' });
  const ended = once(writer, 'exit');
  await eventually('its first lines', () => statSync(log).size > size + 50);
  expect(rotateLog(log, { maxBytes: size, keep: 1 })).toBe(true);
  await ended;
  const text = readFileSync(`${log}.1`).subarray(size).toString() + readFileSync(log, 'utf8');
  expect(text).toBe(Array.from({ length: 200 }, (_, index) => `line ${index}\n`).join(''));
});
