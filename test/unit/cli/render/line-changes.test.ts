import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineChanges } from '../../../../src/cli/render/line-changes.ts';

test('shows the lines that came and went', () => {
  expect(lineChanges('one\ntwo\nthree\n', 'one\n2\nthree\nfour')).toEqual([
    { sign: '-', line: 'two' },
    { sign: '+', line: '2' },
    { sign: '+', line: 'four' },
  ]);
});

test('is empty for equal texts and whole for empty ones', () => {
  expect(lineChanges('a\nb', 'a\nb\n')).toEqual([]);
  expect(lineChanges('', 'a\nb')).toEqual([
    { sign: '+', line: 'a' },
    { sign: '+', line: 'b' },
  ]);
});

test('keeps what both have: the old lines less the removed are the new ones less the added', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (old, young) => {
      const changes = lineChanges(old.join('\n'), young.join('\n'));
      const count = (sign: '-' | '+') => changes.filter((change) => change.sign === sign).length;
      expect(old.length - count('-')).toBe(young.length - count('+'));
      expect(changes.filter(({ sign }) => sign === '-').every(({ line }) => (old as string[]).includes(line))).toBe(
        true,
      );
      // No shorter script exists when nothing is shared.
      if (!old.some((line) => young.includes(line))) expect(changes).toHaveLength(old.length + young.length);
    }),
  );
});

test('copes with large texts', () => {
  const text = (mark: string) => Array.from({ length: 3000 }, (_, index) => `${mark}${index}`).join('\n');
  expect(lineChanges(text('a'), text('b'))).toHaveLength(6000);
});
