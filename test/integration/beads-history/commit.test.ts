import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { createBranch, deleteBranch, listBranches } from '../../../src/beads/history/branches.ts';
import { commitAll } from '../../../src/beads/history/commit.ts';
import { readStatus } from '../../../src/beads/history/status.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from '../beads/beads-under-test.ts';
import { doltLog, onBranch, oracle } from './history-under-test.ts';

describe.each(DRIVERS)('commit and branch, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsContext;

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = contextOf(beads.ctx.db);
  });

  afterAll(() => beads?.dispose());

  test('makes one commit of all that was written before, with its author', async () => {
    const before = await doltLog(beads);
    await createIssue(ctx, { title: 'Issue 1', labels: ['x'] });
    await createIssue(ctx, { title: 'Issue 2' });
    await createIssue(ctx, { title: 'A wisp', ephemeral: true });
    await ctx.db.execute("INSERT INTO config VALUES ('types.custom', 'story2')");
    expect(await doltLog(beads)).toEqual(before);
    const result = await commitAll(ctx, '  It\'s a "batch"\n\nof two issues ü\n');
    const [head, ...rest] = await doltLog(beads);
    expect(rest).toEqual(before);
    expect(result).toEqual({ committed: true, hash: head?.hash, message: 'It\'s a "batch"\n\nof two issues ü' });
    expect(await oracle(beads, 'SELECT committer, email, message FROM dolt_log LIMIT 1')).toEqual([
      { committer: 'Alice', email: 'alice@example.com', message: result.message },
    ]);
    expect(await oracle(beads, 'SELECT * FROM dolt_status')).toEqual([]);
    expect(await oracle(beads, "SELECT COUNT(*) AS n FROM config AS OF 'HEAD' WHERE `key` = 'types.custom'")).toEqual([
      { n: 1 },
    ]);
    const tables = await oracle(beads, "SHOW TABLES AS OF 'HEAD'");
    expect(tables.flatMap((row) => Object.values(row))).not.toContain('wisps');
    expect(await oracle(beads, 'SELECT title FROM wisps')).toEqual([{ title: 'A wisp' }]);
  });

  test('makes none where nothing changed, or only a wisp did', async () => {
    const before = await doltLog(beads);
    const nothing = { committed: false, hash: before[0]?.hash, message: 'again' };
    expect(await commitAll(ctx, 'again')).toEqual(nothing);
    await createIssue(ctx, { title: 'Another wisp', ephemeral: true });
    expect(await commitAll(ctx, 'again')).toEqual(nothing);
    expect(await readStatus(ctx)).toMatchObject({ clean: true, issues: [], tables: [] });
    expect(await doltLog(beads)).toEqual(before);
  });

  test('takes tables that came and went', async () => {
    await ctx.db.execute('CREATE TABLE extra (id int PRIMARY KEY)');
    expect((await commitAll(ctx, 'a table')).committed).toBe(true);
    await ctx.db.execute('DROP TABLE extra');
    expect((await readStatus(ctx)).tables).toMatchObject([{ table: 'extra', schema_changed: true }]);
    expect((await commitAll(ctx, 'no table')).committed).toBe(true);
    expect(await oracle(beads, 'SELECT * FROM dolt_status')).toEqual([]);
  });

  test('takes what somebody staged', async () => {
    await createIssue(ctx, { title: 'Staged' });
    await ctx.db.query("CALL DOLT_ADD('issues')");
    await createIssue(ctx, { title: 'Not staged' });
    expect((await commitAll(ctx, 'both')).committed).toBe(true);
    expect(await oracle(beads, 'SELECT * FROM dolt_status')).toEqual([]);
    expect(await oracle(beads, "SELECT COUNT(*) AS n FROM issues AS OF 'HEAD'")).toEqual([{ n: 4 }]);
  });

  test('names its own commit also when another has the same message', async () => {
    await createIssue(ctx, { title: 'One' });
    const first = await commitAll(ctx, 'same');
    await createIssue(ctx, { title: 'Two' });
    const second = await commitAll(ctx, 'same');
    const [head, before] = await doltLog(beads);
    expect([second.hash, first.hash]).toEqual([head?.hash, before?.hash]);
  });

  test.each(['', '  \n'])('refuses the message %j', async (message) => {
    await expect(commitAll(ctx, message)).rejects.toMatchObject({ code: 'VALIDATION' });
  });

  test('writes nothing in read-only mode', async () => {
    const readonly = { ...ctx, readonly: true };
    for (const attempt of [
      commitAll(readonly, 'x'),
      createBranch(readonly, 'x'),
      deleteBranch(readonly, 'x', { force: true }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'READ_ONLY' });
    }
  });

  test('makes a branch where it is told to, lists it, and deletes it', async () => {
    const [head, before] = await doltLog(beads);
    expect(await createBranch(ctx, 'keep/this-1.0')).toBe(head?.hash);
    expect(await createBranch(ctx, 'older', 'HEAD~1')).toBe(before?.hash);
    const rows = await oracle(beads, 'SELECT name, hash FROM dolt_branches ORDER BY name');
    const { current, branches } = await listBranches(ctx);
    expect(current).toBe('main');
    expect(branches.map(({ name, hash }) => ({ name, hash }))).toEqual(rows);
    expect(branches.map(({ name }) => name)).toEqual(['keep/this-1.0', 'main', 'older']);
    expect(await deleteBranch(ctx, 'older', { force: false })).toBe(before?.hash);
    expect((await listBranches(ctx)).branches).toHaveLength(2);
  });

  test('refuses to make a branch again, and leaves it where it was', async () => {
    await expect(createBranch(ctx, 'keep/this-1.0', 'HEAD~1')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    const [row] = await oracle(beads, "SELECT hash FROM dolt_branches WHERE name = 'keep/this-1.0'");
    expect(row?.['hash']).toBe((await doltLog(beads))[0]?.hash);
  });

  test.each(['-d', '--force', 'HEAD', 'working', 'a b', 'x..y', 'a~1', 'refs/heads/x', '/x', 'x/', 'a.lock', '', "x'"])(
    'refuses the name %j',
    async (name) => {
      await expect(createBranch(ctx, name)).rejects.toMatchObject({ code: 'VALIDATION' });
    },
  );

  test('deletes no branch with work of its own, unless forced, and never the current one', async () => {
    await createBranch(ctx, 'work');
    const id = (await ctx.db.query('SELECT id FROM issues LIMIT 1'))[0]?.['id'];
    await onBranch(beads, 'work', (there) => updateIssues(there, [String(id)], { title: 'Only there' }));
    await expect(deleteBranch(ctx, 'work', { force: false })).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('bd vc merge work'),
    });
    await expect(deleteBranch(ctx, 'main', { force: true })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(deleteBranch(ctx, 'nope', { force: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await deleteBranch(ctx, 'work', { force: true });
    expect(await oracle(beads, "SELECT name FROM dolt_branches WHERE name = 'work'")).toEqual([]);
  });

  test('leaves nothing out when several commit at once', async () => {
    const before = Number((await oracle(beads, 'SELECT COUNT(*) AS n FROM issues'))[0]?.['n']);
    const writers = await Promise.all([1, 2, 3].map(() => beads.driver.open()));
    try {
      await Promise.all(
        writers.map(async (db, writer) => {
          for (let turn = 0; turn < 3; turn += 1) {
            await createIssue(contextOf(db), { title: `Writer ${writer}, turn ${turn}` });
            const { committed, hash } = await commitAll(contextOf(db), `by ${writer}`);
            // Another one may have taken ours along.
            if (committed) expect(hash).toMatch(/^[0-9a-v]{32}$/);
          }
        }),
      );
    } finally {
      await Promise.all(writers.map((db) => db.close()));
    }
    expect(await oracle(beads, "SELECT COUNT(*) AS n FROM issues AS OF 'HEAD'")).toEqual([{ n: before + 9 }]);
    expect(await oracle(beads, 'SELECT * FROM dolt_status')).toEqual([]);
  });

  test('keeps changes that are not committed on a branch', async () => {
    await createBranch(ctx, 'dirty');
    await onBranch(beads, 'dirty', (there) => createIssue(there, { title: 'Uncommitted' }), { autoCommit: false });
    await expect(deleteBranch(ctx, 'dirty', { force: false })).rejects.toMatchObject({
      message: expect.stringContaining('uncommitted changes'),
    });
  });
});
