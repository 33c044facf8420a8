import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { createBranch } from '../../../src/beads/history/branches.ts';
import { commitAll } from '../../../src/beads/history/commit.ts';
import { diffRevisions } from '../../../src/beads/history/diff.ts';
import { readStatus } from '../../../src/beads/history/status.ts';
import { addComment } from '../../../src/beads/operations/comments.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { deleteIssues } from '../../../src/beads/operations/delete.ts';
import { addDependencies } from '../../../src/beads/operations/dependencies.ts';
import { addLabel, removeLabel } from '../../../src/beads/operations/labels.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from '../beads/beads-under-test.ts';
import { onBranch, oracle } from './history-under-test.ts';

describe.each(DRIVERS)('diff and status, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsContext;
  let a: string;
  let b: string;
  let gone: string;

  beforeAll(async () => {
    beads = await makeBeads(mode);
    let now = new Date('2026-05-01T12:00:00Z');
    ctx = contextOf(beads.ctx.db, { now: () => now });
    a = (await createIssue(ctx, { title: 'First', description: 'one\ntwo', labels: ['old'] })).id;
    b = (await createIssue(ctx, { title: 'Second' })).id;
    gone = (await createIssue(ctx, { title: 'Gone', labels: ['x'] })).id;
    await addComment(ctx, gone, 'Bye');
    await commitAll(ctx, 'before');
    await ctx.db.query("CALL DOLT_TAG('before')");
    now = new Date('2026-05-01T12:30:00Z');
    await updateIssues(ctx, [a], { title: 'First!', priority: 0, due_at: '2026-06-01T08:00:00Z', metadata: { k: 1 } });
    await addLabel(ctx, [a], 'new');
    await removeLabel(ctx, [a], 'old');
    await addComment(ctx, b, 'A "quoted"\ncomment');
    await addDependencies(ctx, [{ issue: b, dependsOn: a }]);
    await deleteIssues(ctx, [gone], { force: true });
    await createIssue(ctx, { id: 'hm-new', title: 'New', labels: ['y'] });
    await createIssue(ctx, { title: 'A wisp', ephemeral: true });
    await ctx.db.execute("INSERT INTO config VALUES ('types.custom', 'story2')");
  });

  afterAll(() => beads?.dispose());

  test('tells every change of every issue, and only those', async () => {
    const diff = await diffRevisions(ctx, 'HEAD', 'WORKING');
    const byId = Object.fromEntries(diff.issues.map((issue) => [issue.id, issue]));
    expect(Object.keys(byId).sort()).toEqual([a, b, gone, 'hm-new'].sort());
    expect(byId[a]).toMatchObject({
      title: 'First!',
      change: 'modified',
      before: { title: 'First', priority: 2, description: 'one\ntwo' },
      after: { title: 'First!', priority: 0 },
      labels: { added: ['new'], removed: ['old'] },
    });
    expect(byId[a]?.fields).toEqual([
      { field: 'title', before: 'First', after: 'First!' },
      { field: 'priority', before: 2, after: 0 },
      { field: 'updated_at', before: '2026-05-01T12:00:00Z', after: '2026-05-01T12:30:00Z' },
      { field: 'metadata', before: {}, after: { k: 1 } },
      { field: 'due_at', before: null, after: '2026-06-01T08:00:00Z' },
    ]);
    expect(byId[a]).not.toHaveProperty('comments');
    // Its own row did not change: the title is looked up.
    expect(byId[b]).toMatchObject({
      title: 'Second',
      change: 'modified',
      fields: [],
      comments: { added: [{ text: 'A "quoted"\ncomment', author: 'alice' }], removed: [] },
      dependencies: { added: [{ issue_id: b, depends_on_id: a, type: 'blocks' }], removed: [] },
    });
    expect(byId[b]).not.toHaveProperty('after');
    expect(byId[gone]).toMatchObject({
      title: 'Gone',
      change: 'removed',
      before: { title: 'Gone' },
      labels: { added: [], removed: ['x'] },
      comments: { removed: [{ text: 'Bye' }] },
    });
    expect(byId[gone]).not.toHaveProperty('after');
    expect(byId['hm-new']).toMatchObject({ change: 'added', after: { title: 'New' }, labels: { added: ['y'] } });
  });

  test('counts the rows of every table as Dolt itself does, without the tables of this clone', async () => {
    const { tables } = await diffRevisions(ctx, 'before', 'WORKING');
    const changed = await oracle(beads, "SELECT to_table_name AS name FROM DOLT_DIFF_SUMMARY('before', 'WORKING')");
    expect(tables.map(({ table }) => table)).toEqual(changed.map((row) => row['name']).sort());
    expect(tables.map(({ table }) => table)).not.toContain('wisps');
    for (const { table, added, modified, removed } of tables) {
      const [row] = await oracle(
        beads,
        `SELECT rows_added, rows_modified, rows_deleted FROM DOLT_DIFF_STAT('before', 'WORKING', '${table}')`,
      );
      expect({ table, added, modified, removed }).toEqual({
        table,
        added: row?.['rows_added'],
        modified: row?.['rows_modified'],
        removed: row?.['rows_deleted'],
      });
    }
    expect(tables.find(({ table }) => table === 'config')).toMatchObject({
      keys: ['types.custom'],
      schema_changed: false,
    });
  });

  test('is the same the other way round', async () => {
    const there = await diffRevisions(ctx, 'before', 'WORKING');
    const back = await diffRevisions(ctx, 'WORKING', 'before');
    const turned = { added: 'removed', removed: 'added', modified: 'modified' };
    expect(back.issues.map(({ id, change }) => [id, change])).toEqual(
      there.issues.map(({ id, change }) => [id, turned[change]]),
    );
    expect(back.issues.find(({ id }) => id === a)?.fields[0]).toEqual({
      field: 'title',
      before: 'First!',
      after: 'First',
    });
  });

  test('status names the issues, what changed of them, and the tables', async () => {
    const status = await readStatus(ctx);
    const [row] = await oracle(beads, 'SELECT commit_hash FROM dolt_log LIMIT 1');
    expect(status).toMatchObject({ branch: 'main', commit: row?.['commit_hash'], clean: false });
    expect(status).not.toHaveProperty('merging');
    const dirty = await oracle(beads, 'SELECT DISTINCT table_name FROM dolt_status');
    expect(status.tables.map(({ table }) => table)).toEqual(dirty.map((each) => each['table_name']).sort());
    expect(status.issues).toContainEqual({
      id: a,
      title: 'First!',
      change: 'modified',
      changed: ['title', 'priority', 'metadata', 'due_at', 'labels'],
    });
    expect(status.issues).toContainEqual({
      id: b,
      title: 'Second',
      change: 'modified',
      changed: ['dependencies', 'comments'],
    });
  });

  test('between the first commit and now everything is new', async () => {
    const [first] = await oracle(beads, 'SELECT commit_hash FROM dolt_log ORDER BY commit_order LIMIT 1');
    const diff = await diffRevisions(ctx, String(first?.['commit_hash']), 'HEAD');
    expect(diff.issues.map(({ id, change }) => [id, change])).toEqual([a, b, gone].sort().map((id) => [id, 'added']));
    expect(diff.tables.find(({ table }) => table === 'issues')).toMatchObject({ added: 3, schema_changed: true });
  });

  test('compares with another branch', async () => {
    await createBranch(ctx, 'feat');
    await onBranch(beads, 'feat', (there) => updateIssues(there, [a], { title: 'Theirs' }));
    const { issues, from, to } = await diffRevisions(ctx, 'HEAD', 'feat');
    expect(issues).toMatchObject([{ id: a, after: { title: 'Theirs' } }]);
    expect([from.name, to.name]).toEqual(['HEAD', 'feat']);
    expect((await diffRevisions(ctx, 'HEAD', 'main')).tables).toEqual([]);
  });

  test('refuses a revision that there is not', async () => {
    await expect(diffRevisions(ctx, 'HEAD', 'nope')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
