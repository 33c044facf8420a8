import { expect, test } from 'vitest';
import { readsOnly, splitStatements } from '../../../src/database/statements.ts';

test.each([
  ['SELECT 1', ['SELECT 1']],
  [' SELECT 1 ; ', ['SELECT 1']],
  ['SELECT 1; INSERT INTO t VALUES (2);', ['SELECT 1', 'INSERT INTO t VALUES (2)']],
  ['SELECT \';\', "a;\\";", `b;` FROM t', ['SELECT \';\', "a;\\";", `b;` FROM t']],
  ["SELECT 'it''s;'; SELECT 2", ["SELECT 'it''s;'", 'SELECT 2']],
  ['SELECT 1 -- ; DROP TABLE t', ['SELECT 1 -- ; DROP TABLE t']],
  ["SELECT 1 --' \n; DELETE FROM t --'", ["SELECT 1 --'", "DELETE FROM t --'"]],
  ['SELECT 1 # ;\n, 2 // ;\n', ['SELECT 1 # ;\n, 2 // ;']],
  ['SELECT 1 /* ; */', ['SELECT 1 /* ; */']],
  ['/* a */ ; -- b', []],
  ['', []],
  ['CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END', ['CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END']],
])('the statements of %j', (sql, statements) => {
  expect(splitStatements(sql)).toEqual(statements);
});

test.each([
  'SELECT 1',
  '-- why\n(SELECT id FROM issues) UNION (SELECT 1)',
  '/* why */ select 1',
  'show tables',
  'DESC issues',
  'describe issues',
  'EXPLAIN SELECT 1',
  "WITH x AS (SELECT 'delete' AS d) SELECT d FROM x",
  'WITH RECURSIVE n AS (SELECT 1 AS i UNION SELECT i + 1 FROM n WHERE i < 3), m AS (SELECT 2) SELECT * FROM n, m',
  'SELECT 1 INTO @x',
  'TABLE config',
  'VALUES ROW(1)',
])('%j only reads', (sql) => {
  expect(readsOnly(sql)).toBe(true);
});

test.each([
  'WITH x AS (SELECT 1) DELETE FROM issues',
  'with x as (select 1), y as (select 2) update issues set title = 1',
  '/* SELECT */ DELETE FROM issues',
  '/*! DELETE FROM issues */',
  'SELECT 1 /*!; DROP TABLE t */',
  "SELECT 1 INTO OUTFILE '/tmp/x'",
  "CALL DOLT_BRANCH('x')",
  'CREATE TABLE t (a INT)',
  'selectx 1',
  '',
])('%j does not, or nobody knows', (sql) => {
  expect(readsOnly(sql)).toBe(false);
});
