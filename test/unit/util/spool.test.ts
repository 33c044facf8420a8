import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createSpool, type SpoolPlace } from '../../../src/util/spool.ts';

const directory = mkdtempSync(join(tmpdir(), 'spool-'));
afterEach(() => expect(readdirSync(directory)).toEqual([]));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

describe.each([
  ['in memory', 1_000_000],
  ['in a file', 0],
  ['in memory first, then in a file', 40],
])('a spool, %s', (_where, inMemory) => {
  test('gives back each text, in any order', () => {
    const texts = Array.from({ length: 30 }, (_, index) => `${index}: é ☃ 🎈 ${'x'.repeat(index % 7)}\n`);
    const spool = createSpool(directory, inMemory);
    const places: SpoolPlace[] = [];
    for (let at = 0; at < texts.length; at += 4) places.push(...spool.add(texts.slice(at, at + 4)));
    expect(spool.add([])).toEqual([]);
    expect(places.map((place) => spool.read([place]))).toEqual(texts);
    expect(spool.read(places.toReversed())).toBe(texts.toReversed().join(''));
    expect(spool.read([])).toBe('');
    spool.close();
  });

  test('begins anew after its end', () => {
    const spool = createSpool(directory, inMemory);
    spool.add(['what is read no more, and is longer than the text after it'.repeat(10)]);
    spool.close();
    const places = spool.add(['a\n', 'b\n']);
    expect(spool.read(places)).toBe('a\nb\n');
    spool.close();
  });
});

test('a spool that has nowhere to go says so', () => {
  const missing = join(directory, 'missing');
  expect(() => createSpool(missing, 0).add(['text'])).toThrow(
    expect.objectContaining({
      code: 'IO_ERROR',
      message: expect.stringContaining(missing),
      hint: expect.stringContaining('TMPDIR'),
    }),
  );
});
