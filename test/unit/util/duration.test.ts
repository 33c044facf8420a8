import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/util/duration.ts';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['30', 30_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  [' 1s ', 1_000],
  ['0', 0],
])('%j is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', 's', '-1s', '1 s', '1w', 'soon', '1e3', '0x10', '１s'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});

test.each([
  [0, '0ms'],
  [340, '340ms'],
  [2_140, '2.1s'],
  [303_000, '5m 3s'],
  [7_500_000, '2h 5m'],
  [273_600_000, '3d 4h'],
])('%d ms are written %j', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('whole milliseconds come back as they were typed', () => {
  fc.assert(fc.property(fc.nat(), (ms) => parseDuration(`${ms}ms`) === ms));
});
