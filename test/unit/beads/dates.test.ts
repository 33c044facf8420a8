import { expect, test } from 'vitest';
import { parseDate, sqlTime } from '../../../src/beads/dates.ts';

// A Wednesday, local time.
const now = new Date(2025, 0, 15, 10, 30, 15, 900);

test.each([
  ['+6h', new Date(2025, 0, 15, 16, 30, 15, 900)],
  ['-1d', new Date(2025, 0, 14, 10, 30, 15, 900)],
  ['+2w', new Date(2025, 0, 29, 10, 30, 15, 900)],
  ['1m', new Date(2025, 1, 15, 10, 30, 15, 900)],
  ['-1y', new Date(2024, 0, 15, 10, 30, 15, 900)],
  ['now', now],
  ['today', new Date(2025, 0, 15)],
  ['Tomorrow', new Date(2025, 0, 16)],
  ['yesterday', new Date(2025, 0, 14)],
  ['next monday', new Date(2025, 0, 20)],
  ['monday', new Date(2025, 0, 20)],
  ['fri', new Date(2025, 0, 17)],
  ['wednesday', new Date(2025, 0, 22)],
  ['last monday', new Date(2025, 0, 13)],
  ['last wednesday', new Date(2025, 0, 8)],
  ['next week', new Date(2025, 0, 22)],
  ['next month', new Date(2025, 1, 15)],
  ['in 3 days', new Date(2025, 0, 18, 10, 30, 15, 900)],
  ['2 weeks ago', new Date(2025, 0, 1, 10, 30, 15, 900)],
  ['an hour ago', new Date(2025, 0, 15, 9, 30, 15, 900)],
  ['2025-01-15', new Date(2025, 0, 15)],
  ['2025-01-15 10:00', new Date(2025, 0, 15, 10)],
  ['2025-01-15T10:00:05Z', new Date(Date.UTC(2025, 0, 15, 10, 0, 5))],
  ['2025-01-15t10:00:05.5+02:00', new Date(Date.UTC(2025, 0, 15, 8, 0, 5, 500))],
])('%s', (text, expected) => {
  expect(parseDate(text, now)).toEqual(expected);
});

test('a month later stays within that month', () => {
  expect(parseDate('+1m', new Date(2025, 0, 31))).toEqual(new Date(2025, 1, 28));
  expect(parseDate('+1y', new Date(2024, 1, 29))).toEqual(new Date(2025, 1, 28));
});

test.each([
  '',
  'soon',
  '2025-02-30',
  '2025-13-01',
  '2025-1-1',
  '2025-01-15 25:00',
  '2025-01-15T25:00:00Z',
  'next',
  'next su',
  '3 days',
  'in 3 days ago',
  '99999999d',
])('%j is refused', (text) => {
  expect(() => parseDate(text, now)).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});

test('the database’s form is UTC and truncated', () => {
  expect(sqlTime(new Date('2025-01-15T10:00:00.999Z'))).toBe('2025-01-15 10:00:00');
});
