import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { runSql } from '../../../src/beads/operations/sql.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from './beads-under-test.ts';

describe.each(DRIVERS)('a statement of the user, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsContext;
  let id: string;

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = contextOf(beads.ctx.db, { autoCommit: true });
    ({ id } = await createIssue(ctx, { title: 'Stay', labels: ['a', 'b'] }));
  });
  afterAll(() => beads?.dispose());

  const labels = async () => (await ctx.db.query('SELECT label FROM labels ORDER BY label')).map((row) => row['label']);
  const head = async () => (await ctx.db.query('SELECT message FROM dolt_log LIMIT 1'))[0]?.['message'];

  test.each([
    "WITH x AS (SELECT 'a' AS label) DELETE FROM labels WHERE label IN (SELECT label FROM x)",
    '/* SELECT */ DELETE FROM labels',
    '/*! DELETE FROM labels */',
    "CALL DOLT_BRANCH('x')",
    'CREATE TABLE x (a INT)',
  ])('%s is refused where nothing may be written', async (sql) => {
    await expect(runSql({ ...ctx, readonly: true }, sql)).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(await labels()).toEqual(['a', 'b']);
  });

  test.each([
    "SELECT 1; INSERT INTO labels VALUES ('hm-x', 'c')",
    'DESCRIBE issues; DELETE FROM labels',
    "SELECT 1 WHERE FALSE; CALL DOLT_BRANCH('x')",
    "INSERT INTO config VALUES ('kv.a', '1'); INSERT INTO config VALUES ('kv.b', '1')",
    "SELECT 1 --'\n; DELETE FROM labels --'",
    '-- nothing',
  ])('%s is not one statement, and nothing of it is run', async (sql) => {
    await expect(runSql(ctx, sql)).rejects.toMatchObject({ code: 'VALIDATION' });
    expect(await labels()).toEqual(['a', 'b']);
    expect(await ctx.db.query("SELECT 1 AS one FROM config WHERE `key` LIKE 'kv.%'")).toEqual([]);
    expect(await ctx.db.query("SELECT 1 AS one FROM dolt_branches WHERE name = 'x'")).toEqual([]);
  });

  test('a place for a parameter is refused, a question mark in quotes is not', async () => {
    await expect(runSql(ctx, 'SELECT ? AS a')).rejects.toMatchObject({ code: 'VALIDATION' });
    expect((await runSql(ctx, "SELECT '?' AS a")).rows).toEqual([{ a: '?' }]);
  });

  test('what reads runs where the database itself refuses to write', async () => {
    expect(await runSql(ctx, "-- why\nWITH x AS (SELECT ';' AS a) SELECT a, NULL AS b FROM x;")).toEqual({
      rows: [{ a: ';' }],
      columns: ['a', 'b'],
      rowsAffected: 0,
    });
    await expect(ctx.db.table?.('DELETE FROM labels')).rejects.toMatchObject({ code: 'SQL_ERROR' });
    expect(await labels()).toEqual(['a', 'b']);
    // The connection is good for more.
    expect((await runSql({ ...ctx, readonly: true }, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test.each([
    ['selec 1', "syntax error at position 6 near 'selec'"],
    ['SELECT title\nFROM issues WHERE (', expect.stringMatching(/^syntax error at position 33( near '[^']*')?$/)],
    ["SELECT 'it''s' FRM issues x y", "syntax error at position 26 near 'issues'"],
    ['SELECT nope FROM issues', undefined],
    ['INSERT INTO nope VALUES (1)', 'table not found: nope'],
  ])('%j fails in the same words in both modes', async (sql, message) => {
    const error: unknown = await runSql(ctx, sql).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SQL_ERROR', ...(message === undefined ? {} : { message }) });
    if (message === undefined)
      expect(String(error)).toMatch(/column "?nope"? could not be found in any table in scope$/);
  });

  test('a write behind WITH is a write, with its Dolt commit', async () => {
    const sql = `WITH x AS (SELECT 'a' AS label) DELETE FROM labels WHERE issue_id = '${id}' AND label IN (SELECT label FROM x)`;
    expect((await runSql(ctx, sql)).rowsAffected).toBe(1);
    expect(await labels()).toEqual(['b']);
    expect(await head()).toContain('bd: sql WITH x AS');
    expect(await ctx.db.query('SELECT table_name FROM dolt_status')).toEqual([]);
  });
});
