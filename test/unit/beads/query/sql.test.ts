import { expect, test } from 'vitest';
import { all, containing, idTable, inList, join, raw, sql } from '../../../../src/beads/query/sql.ts';

test('values become parameters, pieces are put in with theirs, in order', () => {
  const condition = sql`a = ${1} AND b IN ${inList(['x', 'y'])}`;
  expect(sql`SELECT ${raw('id')} FROM t WHERE ${condition} LIMIT ${5}`).toEqual({
    text: 'SELECT id FROM t WHERE a = ? AND b IN (?, ?) LIMIT ?',
    parameters: [1, 'x', 'y', 5],
  });
});

test('dates and null are values', () => {
  const date = new Date(0);
  expect(sql`a = ${date} OR b = ${null}`).toEqual({ text: 'a = ? OR b = ?', parameters: [date, null] });
});

test('nothing is in an empty list, and no conditions hold always', () => {
  expect(inList([]).text).toBe('(NULL)');
  expect(all([]).text).toBe('TRUE');
  expect(join([raw('a'), raw('b')], ', ').text).toBe('a, b');
});

test('a pattern that contains a text takes wildcards for themselves', () => {
  expect(containing('50%_A\\')).toBe('%50\\%\\_a\\\\%');
});

test('a table of ids names each once', () => {
  expect(idTable(['a', 'b"', 'a']).parameters).toEqual(['["a","b\\""]']);
});
