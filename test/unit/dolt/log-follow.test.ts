import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followLog } from '../../../src/dolt/log-follow.ts';
import { readLog } from '../../../src/dolt/log-lines.ts';
import { rotateLog } from '../../../src/dolt/log-rotation.ts';
import { eventually } from '../../helpers/eventually.ts';

let directory: string;
let log: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gt-follow-'));
  log = join(directory, 'beads.log');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Reads the last lines, does something, follows: all lines in the order in which they were told. */
async function told(between: () => void, later: () => void, last: string): Promise<string[]> {
  const { entries, end } = await readLog({ source: 'beads', path: log, count: 10, whole: true });
  const lines = entries.map(({ line }) => line);
  between();
  const follower = await followLog(log, end, (line) => lines.push(line));
  // It has told what was there: now it is at its end.
  later();
  await eventually(last, () => lines.includes(last)).catch(() => undefined);
  await follower.stop();
  return lines;
}

const nothing = () => undefined;

test('tells what is written between the reading of the last lines and the beginning', async () => {
  writeFileSync(log, 'one\ntwo\n');
  expect(await told(() => appendFileSync(log, 'thrée\nfour\n'), nothing, 'four')).toEqual([
    'one',
    'two',
    'thrée',
    'four',
  ]);
});

test('tells a line once that was half written when it began', async () => {
  writeFileSync(log, 'one\ntw');
  expect(await told(nothing, () => appendFileSync(log, 'o\nthree\n'), 'three')).toEqual(['one', 'two', 'three']);
});

test('tells what a rotation between the two moved away', async () => {
  writeFileSync(log, 'one\n');
  const rotated = () => {
    appendFileSync(log, 'two\n');
    rotateLog(log, { maxBytes: 1, keep: 1 });
    appendFileSync(log, '3\n');
  };
  expect(await told(rotated, nothing, '3')).toEqual(['one', 'two', '3']);
});

test('begins with the first line of a log that is not there yet', async () => {
  expect(await told(nothing, () => writeFileSync(log, 'one\n'), 'one')).toEqual(['one']);
});
