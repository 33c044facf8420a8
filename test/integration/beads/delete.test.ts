import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findIssue, loadIssues } from '../../../src/beads/lookup.ts';
import { addComment } from '../../../src/beads/operations/comments.ts';
import { createIssue, createIssues } from '../../../src/beads/operations/create.ts';
import { deleteIssues, planDelete } from '../../../src/beads/operations/delete.ts';
import { addDependencies } from '../../../src/beads/operations/dependencies.ts';
import { addLabel, propagateLabel, removeLabel } from '../../../src/beads/operations/labels.ts';
import { type BeadsUnderTest, DRIVERS, makeBeads } from './beads-under-test.ts';

describe.each(DRIVERS)('delete, label and comment, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsUnderTest['ctx'];

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = beads.ctx;
  });

  afterAll(() => beads?.dispose());

  test('deleting takes all that hangs on an issue, and marks where it was mentioned', async () => {
    const [a, b, c] = await createIssues(ctx, [{ title: 'A', labels: ['x', 'y'] }, { title: 'B' }, { title: 'C' }]);
    const ids = [a?.id ?? '', b?.id ?? '', c?.id ?? ''] as const;
    const mention = await createIssue(ctx, {
      title: 'Mention',
      notes: `see ${ids[0]}, not ${ids[0]}.1 nor x-${ids[0]}`,
      dependencies: [{ type: 'related', id: ids[0] }],
    });
    await addDependencies(ctx, [
      { issue: ids[0], dependsOn: ids[1] },
      { issue: ids[2], dependsOn: ids[0] },
    ]);
    await addComment(ctx, ids[0], 'gone soon');
    await expect(deleteIssues(ctx, [ids[0]])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `issue ${ids[0]} has dependents not in deletion set; use --cascade to delete them or --force to orphan them`,
    });
    const plan = await planDelete(ctx, [ids[0]]);
    expect(plan).toMatchObject({ dependencies: 3, labels: 2, events: 3, mentions: [mention.id] });
    expect([...plan.orphaned].sort()).toEqual([ids[2], mention.id].sort());
    expect(await deleteIssues(ctx, [ids[0]], { force: true })).toEqual(plan);
    expect((await loadIssues(ctx.db, [ids[0]])).size).toBe(0);
    for (const table of ['labels', 'comments', 'events', 'dependencies']) {
      expect(await ctx.db.query(`SELECT 1 AS one FROM ${table} WHERE issue_id = ?`, [ids[0]])).toEqual([]);
    }
    expect(await ctx.db.query('SELECT 1 AS one FROM dependencies WHERE depends_on_id = ?', [ids[0]])).toEqual([]);
    expect((await findIssue(ctx.db, mention.id)).issue.notes).toBe(
      `see [deleted:${ids[0]}], not ${ids[0]}.1 nor x-${ids[0]}`,
    );
  });

  test('cascade deletes what depends on it, and on that', async () => {
    const parent = await createIssue(ctx, { title: 'P' });
    const child = await createIssue(ctx, { title: 'C', parent: parent.id });
    const grandchild = await createIssue(ctx, { title: 'G', parent: child.id });
    const wisp = await createIssue(ctx, {
      title: 'W',
      ephemeral: true,
      dependencies: [{ type: 'blocks', id: child.id }],
    });
    const plan = await deleteIssues(ctx, [parent.id], { cascade: true });
    expect(plan.issues.map(({ id }) => id).sort()).toEqual([parent.id, child.id, grandchild.id, wisp.id].sort());
    expect(await ctx.db.query('SELECT 1 AS one FROM wisp_dependencies')).toEqual([]);
    expect(
      (
        await loadIssues(
          ctx.db,
          plan.issues.map(({ id }) => id),
        )
      ).size,
    ).toBe(0);
  });

  test('takes whole ids only: what is deleted twice takes no other issue with it', async () => {
    const make = (id: string) => createIssue(ctx, { title: id, id });
    await make('hm-uniqabc');
    await make('hm-uniq');
    expect((await planDelete(ctx, ['niqab'])).named).toEqual(['hm-uniqabc']);
    for (const part of ['hm-niqab', 'niqab', 'hm-uniqab', 'bc']) {
      await expect(deleteIssues(ctx, [part], { force: true })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: `issue ${part} not found`,
        hint: `this takes whole ids; "${part}" is a part of hm-uniqabc`,
      });
    }
    await deleteIssues(ctx, ['uniq'], { force: true });
    for (const again of ['uniq', 'hm-uniq']) {
      await expect(deleteIssues(ctx, [again], { force: true, cascade: true })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    expect((await findIssue(ctx.db, 'hm-uniqabc')).issue.title).toBe('hm-uniqabc');
  });

  test('deletes nothing when one is missing', async () => {
    const { id } = await createIssue(ctx, { title: 'Stay' });
    await expect(deleteIssues(ctx, [id, 'hm-no1', 'hm-no2'], { force: true })).rejects.toThrow(
      'issues not found: hm-no1, hm-no2',
    );
    await expect(deleteIssues(ctx, ['hm-no1'])).rejects.toThrow('issue hm-no1 not found');
    expect((await findIssue(ctx.db, id)).issue.title).toBe('Stay');
  });

  test('labels are added once and removed once, with an event each time', async () => {
    const [a, b] = await createIssues(ctx, [{ title: 'A' }, { title: 'B', ephemeral: true }]);
    const ids = [a?.id ?? '', b?.id ?? ''];
    const { issues, failures } = await addLabel(ctx, [...ids, 'hm-nope', ids[0] ?? ''], ' ui ');
    expect(issues.map(({ id }) => id)).toEqual([...ids, ids[0]]);
    expect(failures).toHaveLength(1);
    await addLabel(ctx, ids, 'ui');
    await removeLabel(ctx, ids, 'ui');
    await removeLabel(ctx, ids, 'ui');
    for (const [table, id] of [
      ['events', ids[0]],
      ['wisp_events', ids[1]],
    ] as const) {
      const events = await ctx.db.query(
        `SELECT event_type, comment FROM ${table} WHERE issue_id = ? AND event_type <> 'created' ORDER BY event_type`,
        [id ?? ''],
      );
      expect(events).toEqual([
        { event_type: 'label_added', comment: 'Added label: ui' },
        { event_type: 'label_removed', comment: 'Removed label: ui' },
      ]);
    }
    await expect(addLabel(ctx, ids, 'provides:x')).rejects.toThrow('reserved');
  });

  test('labels propagate to children', async () => {
    const parent = await createIssue(ctx, { title: 'P' });
    const children = await createIssues(ctx, [
      { title: '1', parent: parent.id },
      { title: '2', parent: parent.id, ephemeral: true },
    ]);
    const { issues } = await propagateLabel(ctx, parent.id, 'team');
    expect(issues.map(({ id }) => id)).toEqual(children.map(({ id }) => id));
    expect(await ctx.db.query("SELECT issue_id FROM labels WHERE label = 'team'")).toEqual([
      { issue_id: children[0]?.id },
    ]);
    expect(await ctx.db.query("SELECT issue_id FROM wisp_labels WHERE label = 'team'")).toEqual([
      { issue_id: children[1]?.id },
    ]);
  });

  test('comments have ids that sort by time', async () => {
    const { id } = await createIssue(ctx, { title: 'Talk' });
    const first = await addComment(ctx, id, "one 'quoted' 😀\nline");
    const second = await addComment(ctx, id.slice(3), 'two', { author: 'bob' });
    expect(first).toMatchObject({ issue_id: id, author: 'alice', text: "one 'quoted' 😀\nline" });
    expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second.author).toBe('bob');
    expect(await ctx.db.query('SELECT id, text FROM comments WHERE issue_id = ? ORDER BY text', [id])).toEqual([
      { id: first.id, text: first.text },
      { id: second.id, text: 'two' },
    ]);
    await expect(addComment(ctx, id, ' ')).rejects.toThrow('comment text cannot be empty');
    await expect(addComment(ctx, 'hm-nope', 'x')).rejects.toThrow('no issue found matching "hm-nope"');
  });
});
