import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { createBranch } from '../../../src/beads/history/branches.ts';
import { commitAll } from '../../../src/beads/history/commit.ts';
import { mergeRevision } from '../../../src/beads/history/merge.ts';
import { MergeConflictError } from '../../../src/beads/history/merge-conflict.ts';
import { findIssue } from '../../../src/beads/lookup.ts';
import { closeIssues } from '../../../src/beads/operations/close.ts';
import { addComment } from '../../../src/beads/operations/comments.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { deleteIssues } from '../../../src/beads/operations/delete.ts';
import { addDependencies } from '../../../src/beads/operations/dependencies.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from '../beads/beads-under-test.ts';
import { doltLog, onBranch, oracle } from './history-under-test.ts';

const NOON = new Date('2026-05-01T12:00:00Z');
const LATER = new Date('2026-05-01T13:00:00Z');

describe.each(DRIVERS)('merge, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsContext;
  let id: string;

  beforeEach(async () => {
    beads = await makeBeads(mode);
    ctx = contextOf(beads.ctx.db, { autoCommit: true, now: () => NOON });
    id = (await createIssue(ctx, { title: 'Shared', description: 'As it was', labels: ['base'] })).id;
    await createIssue(ctx, { title: 'A wisp', ephemeral: true });
    await createBranch(ctx, 'feat');
  });

  afterEach(() => beads?.dispose());

  const theirs = <T>(work: (other: BeadsContext) => Promise<T>) => onBranch(beads, 'feat', work, { now: () => LATER });
  const merge = (strategy?: 'ours' | 'theirs') => mergeRevision(ctx, { revision: 'feat', strategy });
  const refused = async () => {
    const error = await merge().catch((thrown: unknown) => thrown);
    if (!(error instanceof MergeConflictError)) throw error;
    return error;
  };
  const shown = async () => (await findIssue(ctx.db, id)).issue;

  test('moves on without a commit of its own where only the other side changed', async () => {
    const other = await theirs((there) => createIssue(there, { title: 'Theirs' }));
    const result = await merge();
    const [head] = await doltLog(beads);
    expect(result).toEqual({ outcome: 'fast-forward', hash: head?.hash, resolved: [] });
    expect((await findIssue(ctx.db, other.id)).issue.title).toBe('Theirs');
    expect(await merge()).toEqual({ outcome: 'up-to-date', hash: head?.hash, resolved: [] });
    expect((await doltLog(beads))[0]).toEqual(head);
  });

  test('joins changes of different fields of one issue', async () => {
    await theirs((there) => updateIssues(there, [id], { priority: 0, add_labels: ['theirs'] }));
    await updateIssues(ctx, [id], { title: 'Mine', add_labels: ['mine'] });
    const before = await doltLog(beads);
    const result = await merge();
    const [head, ...rest] = await doltLog(beads);
    expect(result).toEqual({ outcome: 'merged', hash: head?.hash, resolved: [] });
    expect(head?.message).toBe('bd: merge feat into main by alice');
    expect(rest).toEqual(expect.arrayContaining(before));
    expect(await shown()).toMatchObject({ title: 'Mine', priority: 0, updated_at: '2026-05-01T13:00:00Z' });
    expect(await oracle(beads, `SELECT label FROM labels WHERE issue_id = '${id}' ORDER BY label`)).toEqual([
      { label: 'base' },
      { label: 'mine' },
      { label: 'theirs' },
    ]);
    const [commit] = await oracle(beads, "SELECT committer, email, parents FROM DOLT_LOG('--parents') LIMIT 1");
    expect(commit).toMatchObject({ committer: 'Alice', email: 'alice@example.com' });
    expect(String(commit?.['parents']).split(', ')).toHaveLength(2);
    expect(await oracle(beads, 'SELECT * FROM dolt_status')).toEqual([]);
    expect(await oracle(beads, 'SELECT title FROM wisps')).toEqual([{ title: 'A wisp' }]);
  });

  test('refuses what contradicts, field by field, and changes nothing', async () => {
    await theirs((there) => updateIssues(there, [id], { title: 'Theirs', priority: 1 }));
    await updateIssues(ctx, [id], { title: 'Mine', assignee: 'alice' });
    const before = await doltLog(beads);
    const error = await refused();
    expect(error.message).toBe('both sides changed 1 issue in different ways; nothing was changed');
    expect(error.conflicts).toEqual([
      {
        table: 'issues',
        issue: id,
        key: { id },
        ours: 'modified',
        theirs: 'modified',
        fields: [{ field: 'title', base: 'Shared', ours: 'Mine', theirs: 'Theirs' }],
      },
    ]);
    expect(await doltLog(beads)).toEqual(before);
    expect(await shown()).toMatchObject({ title: 'Mine', priority: 2, assignee: 'alice' });
    expect(await oracle(beads, 'SELECT * FROM dolt_status')).toEqual([]);
    expect(await oracle(beads, 'SELECT is_merging FROM dolt_merge_status')).toMatchObject([
      { is_merging: expect.anything() },
    ]);
    // Nothing of the attempt is left in the way of the next write.
    await updateIssues(ctx, [id], { title: 'Still mine' });
  });

  test.each([
    ['ours', 'Mine'],
    ['theirs', 'Theirs'],
  ] as const)('lets %s win in the contested field only', async (strategy, title) => {
    await theirs((there) => updateIssues(there, [id], { title: 'Theirs', priority: 1 }));
    await updateIssues(ctx, [id], { title: 'Mine', assignee: 'alice' });
    const result = await merge(strategy);
    expect(result.outcome).toBe('merged');
    expect(result.resolved).toMatchObject([{ issue: id, fields: [{ field: 'title' }] }]);
    expect(await shown()).toMatchObject({ title, priority: 1, assignee: 'alice', updated_at: '2026-05-01T13:00:00Z' });
    expect(await oracle(beads, 'SELECT * FROM dolt_conflicts')).toEqual([]);
  });

  test('takes a status with the reasons that belong to it', async () => {
    await theirs((there) => closeIssues(there, [id], { reason: 'Not needed' }));
    await updateIssues(ctx, [id], { status: 'in_progress' });
    expect((await refused()).conflicts[0]?.fields).toMatchObject([
      { field: 'status', base: 'open', ours: 'in_progress', theirs: 'closed' },
    ]);
    await merge('ours');
    const issue = await shown();
    expect(issue.status).toBe('in_progress');
    expect(issue.closed_at).toBeUndefined();
    expect(issue.close_reason).toBeUndefined();
  });

  test('agrees where both closed it for the same reason: the earlier time holds', async () => {
    await theirs((there) => closeIssues(there, [id]));
    await closeIssues(ctx, [id]);
    expect((await merge()).outcome).toBe('merged');
    expect(await shown()).toMatchObject({ status: 'closed', closed_at: '2026-05-01T12:00:00Z' });
  });

  test.each([
    ['ours', 0],
    ['theirs', 1],
  ] as const)('keeps or removes an issue that we deleted and they commented on: %s', async (strategy, count) => {
    await theirs((there) => addComment(there, id, 'Still of use'));
    await deleteIssues(ctx, [id], { force: true });
    expect((await refused()).conflicts).toEqual([
      { table: 'issues', issue: id, key: { id }, ours: 'removed', theirs: 'modified', fields: [] },
    ]);
    await merge(strategy);
    for (const table of ['issues', 'labels', 'comments']) {
      const column = table === 'issues' ? 'id' : 'issue_id';
      expect(await oracle(beads, `SELECT COUNT(*) AS n FROM ${table} WHERE ${column} = '${id}'`)).toEqual([
        { n: count },
      ]);
    }
    expect(await oracle(beads, 'SELECT * FROM dolt_constraint_violations')).toEqual([]);
  });

  test.each([
    ['ours', 1],
    ['theirs', 0],
  ] as const)('keeps or removes an issue that they deleted and we changed: %s', async (strategy, count) => {
    await theirs((there) => deleteIssues(there, [id], { force: true }));
    await updateIssues(ctx, [id], { title: 'Mine' });
    await addComment(ctx, id, 'Still of use');
    expect((await refused()).conflicts).toMatchObject([{ issue: id, ours: 'modified', theirs: 'removed', fields: [] }]);
    await merge(strategy);
    for (const table of ['issues', 'labels', 'comments']) {
      const column = table === 'issues' ? 'id' : 'issue_id';
      expect(await oracle(beads, `SELECT COUNT(*) AS n FROM ${table} WHERE ${column} = '${id}'`)).toEqual([
        { n: count },
      ]);
    }
  });

  test('does not mix two issues that were made under one id', async () => {
    await theirs((there) => createIssue(there, { id: 'hm-same', title: 'Theirs', priority: 1, assignee: 'bob' }));
    await createIssue(ctx, { id: 'hm-same', title: 'Mine', description: 'Only here' });
    const fields = (await refused()).conflicts[0]?.fields.map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(['title', 'priority', 'assignee', 'description']));
    expect(fields).not.toContain('updated_at');
    await merge('theirs');
    const { issue } = await findIssue(ctx.db, 'hm-same');
    expect(issue).toMatchObject({ title: 'Theirs', priority: 1, assignee: 'bob', created_at: '2026-05-01T13:00:00Z' });
    expect(issue.description).toBeUndefined();
  });

  test('joins the same dependency made twice, and children made on both sides', async () => {
    const other = await createIssue(ctx, { title: 'Other' });
    await ctx.db.query("CALL DOLT_MERGE('main')");
    await theirs(async (there) => {
      await mergeRevision(there, { revision: 'main' });
      await addDependencies(there, [{ issue: id, dependsOn: other.id }]);
      await createIssue(there, { title: 'Child', parent: other.id });
      await createIssue(there, { title: 'Child 2', parent: other.id });
    });
    await addDependencies(ctx, [{ issue: id, dependsOn: other.id }]);
    await createIssue(ctx, { title: 'Child of mine', parent: id });
    expect((await merge()).outcome).toBe('merged');
    expect(await oracle(beads, `SELECT created_by FROM dependencies WHERE issue_id = '${id}'`)).toEqual([
      { created_by: 'alice' },
    ]);
    expect(await oracle(beads, `SELECT last_child FROM child_counters ORDER BY last_child`)).toEqual([
      { last_child: 1 },
      { last_child: 2 },
    ]);
  });

  test('gives the same issues whichever side merges', async () => {
    const other = await createIssue(ctx, { title: 'Other' });
    const third = await createIssue(ctx, { title: 'Third', labels: ['z'] });
    await onBranch(beads, 'feat', (there) => mergeRevision(there, { revision: 'main' }));
    await theirs(async (there) => {
      await updateIssues(there, [id], { priority: 0, add_labels: ['b'], status: 'in_progress' });
      await closeIssues(there, [other.id]);
      await addDependencies(there, [{ issue: id, dependsOn: third.id }]);
      await createIssue(there, { title: 'Child', parent: third.id, id: `${third.id}.7` });
    });
    await updateIssues(ctx, [id], { title: 'Mine', add_labels: ['a', 'b'], status: 'in_progress' });
    await closeIssues(ctx, [other.id]);
    await addDependencies(ctx, [{ issue: id, dependsOn: third.id }]);
    await createIssue(ctx, { title: 'Child', parent: third.id });
    await createBranch(ctx, 'mine');
    expect((await merge()).outcome).toBe('merged');
    expect((await onBranch(beads, 'feat', (there) => mergeRevision(there, { revision: 'mine' }))).outcome).toBe(
      'merged',
    );
    const tables = await oracle(beads, "SELECT to_table_name FROM DOLT_DIFF_SUMMARY('main', 'feat')");
    expect(tables).toEqual([]);
  });

  test('shows a contradiction of settings, and solves it', async () => {
    const set = (there: BeadsContext, value: string) =>
      there.db.transaction((tx) => tx.execute("REPLACE INTO config VALUES ('status.custom', ?)", [value]), {
        doltCommit: { message: 'set', author: 'Bob <bob@example.com>', tables: ['config'] },
      });
    await theirs((there) => set(there, 'review:wip'));
    await set(ctx, 'parked');
    expect((await refused()).conflicts).toEqual([
      {
        table: 'config',
        key: { key: 'status.custom' },
        ours: 'added',
        theirs: 'added',
        fields: [{ field: 'value', base: null, ours: 'parked', theirs: 'review:wip' }],
      },
    ]);
    await merge('theirs');
    expect(await oracle(beads, "SELECT value FROM config WHERE `key` = 'status.custom'")).toEqual([
      { value: 'review:wip' },
    ]);
  });

  test('keeps JSON, long text and odd characters as they were', async () => {
    const description = `It's "quoted" \\ and\nlong: ${'ü🎉'.repeat(1000)}`;
    const metadata = { big: 123456789, nested: { list: [1, 'two', null] } };
    await theirs((there) => updateIssues(there, [id], { description, metadata, assignee: 'bob' }));
    await updateIssues(ctx, [id], { title: 'Mine', description: 'Other' });
    await merge('theirs');
    expect(await shown()).toMatchObject({ title: 'Mine', description, metadata, assignee: 'bob' });
  });

  test('makes a merge commit also when our side wins everything', async () => {
    await theirs((there) =>
      there.db.transaction((tx) => tx.execute('UPDATE issues SET title = ?, updated_at = updated_at', ['Theirs']), {
        doltCommit: { message: 'theirs', author: 'Bob <bob@example.com>', tables: ['issues'] },
      }),
    );
    await updateIssues(ctx, [id], { title: 'Mine' });
    expect((await merge('ours')).outcome).toBe('merged');
    expect((await merge()).outcome).toBe('up-to-date');
    expect(await shown()).toMatchObject({ title: 'Mine' });
  });

  test('does not run over uncommitted changes', async () => {
    await theirs((there) => updateIssues(there, [id], { title: 'Theirs' }));
    await updateIssues({ ...ctx, autoCommit: false }, [id], { assignee: 'carol' });
    await expect(merge('theirs')).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('bd vc commit'),
    });
    expect(await shown()).toMatchObject({ title: 'Shared', assignee: 'carol' });
    await commitAll(ctx, 'mine');
    await merge();
    expect(await shown()).toMatchObject({ title: 'Theirs', assignee: 'carol' });
  });

  test('knows no such branch, and writes nothing in read-only mode', async () => {
    await expect(mergeRevision(ctx, { revision: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(mergeRevision({ ...ctx, readonly: true }, { revision: 'feat' })).rejects.toMatchObject({
      code: 'READ_ONLY',
    });
  });
});
