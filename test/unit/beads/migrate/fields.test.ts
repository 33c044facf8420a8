import fc from 'fast-check';
import { expect, test } from 'vitest';
import { convert, cut, field, maybeText, text } from '../../../../src/beads/migrate/fields.ts';

const bytes = (value: string) => new TextEncoder().encode(value);

const LIMIT = 65_535;

test('cuts a text between two characters, where the column ends, and loses nothing', () => {
  const units = fc.constantFrom('a', 'é', '€', '😀');
  fc.assert(
    fc.property(
      fc.array(units, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 2_500 }),
      (parts, times) => {
        const whole = parts.join('').repeat(times);
        const [fits, rest] = cut(whole, undefined, LIMIT);
        expect(fits + rest).toBe(whole);
        expect(Buffer.byteLength(fits)).toBeLessThanOrEqual(LIMIT);
        expect(fits).not.toMatch(/\p{Surrogate}/u);
        if (rest !== '') expect(Buffer.byteLength(fits) + Buffer.byteLength([...rest][0] ?? '')).toBeGreaterThan(LIMIT);
      },
    ),
    { numRuns: 60 },
  );
});

test('counts characters where the column does', () => {
  expect(cut('😀😀😀', 3)).toEqual(['😀😀😀', '']);
  expect(cut('😀😀😀', 2)).toEqual(['😀😀', '😀']);
});

test('keeps a NUL and a byte order mark, and marks bytes that are no text', () => {
  expect(convert(text('title', 500), bytes('a\0b'))).toEqual({ value: 'a\0b' });
  expect(convert(text('title', 500), bytes('\ufeffa'))).toEqual({ value: '\ufeffa' });
  expect(convert(text('title', 500), bytes('\ufffd'))).toEqual({ value: '\ufffd' });
  expect(convert(text('title', 500), new Uint8Array([0x61, 0xff]))).toMatchObject({
    value: 'a\ufffd',
    flaw: { kind: 'bad-text' },
  });
});

test('tells an empty text from NULL only where the column can', () => {
  expect(convert(text('owner', 255), null)).toEqual({ value: '' });
  expect(convert(maybeText('old_value'), null)).toEqual({ value: null });
  expect(convert(maybeText('old_value'), bytes(''))).toEqual({ value: '' });
});

test.each([
  [2n ** 62n, 2, 'bad-number'],
  ['3', 3, undefined],
  [null, 2, undefined],
  [2.7, 2, 'bad-number'],
  ['high', 2, 'bad-number'],
  [2 ** 40, 2, 'bad-number'],
])('reads the number %s as %s', (raw, value, kind) => {
  const converted = convert(field('priority', 'int', 2), raw);
  expect(converted.value).toBe(value);
  expect(converted.flaw?.kind).toBe(kind);
});

test('keeps nanoseconds that no number holds', () => {
  expect(convert(field('timeout_ns', 'int', 0), 2n ** 62n)).toEqual({ value: 2n ** 62n });
});
