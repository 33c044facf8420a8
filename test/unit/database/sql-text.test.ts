import { expect, test } from 'vitest';
import { formatSql, isRead, sqlLiteral, sqlName } from '../../../src/database/sql-text.ts';

test.each([
  ["'it\\'s \\\"so\\\" \\\\ \\n\\r\\0'", 'it\'s "so" \\ \n\r\0'],
  ['12', 12],
  [' -1.5', -1.5],
  [' -3', -3n],
  ['1', true],
  ['0', false],
  ['NULL', null],
  ["'2026-01-02 03:04:05'", new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 999))],
])('a parameter is written as %s', (text, value) => {
  expect(sqlLiteral(value)).toBe(text);
});

test.each([
  ['a = ? AND b = ?', "a = 'x' AND b = 'y'"],
  ["a = '?' AND b = ? OR c = ?", "a = '?' AND b = 'x' OR c = 'y'"],
  ["a = 'it''s ? \\'?' AND b = ? AND \"?\" = ?", "a = 'it''s ? \\'?' AND b = 'x' AND \"?\" = 'y'"],
  ['`?` = ? -- why?\n AND c = ?', "`?` = 'x' -- why?\n AND c = 'y'"],
  ['/* ? */ ? , ?', "/* ? */ 'x' , 'y'"],
])('places of %s', (sql, text) => {
  expect(formatSql(sql, ['x', 'y'])).toBe(text);
});

test('a parameter is not looked at again', () => {
  expect(formatSql('? ?', ['?', "$& $' ?"])).toBe("'?' '$& $\\' ?'");
});

test('a wrong number of parameters, or not a number, is a defect', () => {
  expect(() => formatSql('? ?', [1])).toThrow('parameter 2 is missing');
  expect(() => formatSql('?', [1, 2])).toThrow('2 parameters for 1 places');
  expect(() => sqlLiteral(Number.NaN)).toThrow('not a SQL number');
});

test('a long text with many quotes is split in time', () => {
  const sql = `SELECT '${"\\'".repeat(500_000)}', ?`;
  expect(formatSql(sql, [1]).endsWith("', 1")).toBe(true);
});

test('names keep their backticks', () => {
  expect(sqlName('a`b')).toBe('`a``b`');
});

test.each([
  ['SELECT 1', true],
  [' (select 1)', true],
  ['WITH x AS (SELECT 1) SELECT * FROM x', true],
  ["CALL DOLT_COMMIT('-m', 'SELECT')", false],
  ['selection', false],
])('%s only reads: %s', (sql, reads) => {
  expect(isRead(sql)).toBe(reads);
});
