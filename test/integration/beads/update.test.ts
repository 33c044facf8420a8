import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findIssue, reloadIssues } from '../../../src/beads/lookup.ts';
import { claimIssue } from '../../../src/beads/operations/claim.ts';
import { createIssue, createIssues } from '../../../src/beads/operations/create.ts';
import { deferIssues, undeferIssues } from '../../../src/beads/operations/defer.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { AppError } from '../../../src/errors.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from './beads-under-test.ts';

describe.each(DRIVERS)('update, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsUnderTest['ctx'];

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = beads.ctx;
  });

  afterAll(() => beads?.dispose());

  test('changes fields, updated_at and nothing else, and says so in an event', async () => {
    const issue = await createIssue(ctx, {
      title: 'Old',
      notes: 'first',
      metadata: { keep: 1, drop: 2 },
      labels: ['x'],
    });
    const later = contextOf(ctx.db, { now: () => new Date('2040-01-02T03:04:05.999Z') });
    const { updated, failures } = await updateIssues(later, [issue.id], {
      title: "New 'title'",
      append_notes: 'second',
      priority: 0,
      assignee: 'bob',
      estimated_minutes: 30,
      due_at: '2041-01-01T12:00:00+02:00',
      set_metadata: { added: 'v' },
      unset_metadata: ['drop'],
      add_labels: ['y'],
      remove_labels: ['x'],
    });
    expect(failures).toEqual([]);
    expect(updated).toEqual([
      {
        ...issue,
        title: "New 'title'",
        notes: 'first\nsecond',
        priority: 0,
        assignee: 'bob',
        estimated_minutes: 30,
        due_at: '2041-01-01T10:00:00Z',
        metadata: { added: 'v', keep: 1 },
        updated_at: '2040-01-02T03:04:05Z',
        labels: ['y'],
      },
    ]);
    expect(await reloadIssues(ctx.db, [issue.id])).toEqual(updated);
    const [event] = await ctx.db.query("SELECT * FROM events WHERE issue_id = ? AND event_type = 'updated'", [
      issue.id,
    ]);
    expect(JSON.parse(String(event?.['old_value']))).toMatchObject({ id: issue.id, title: 'Old', notes: 'first' });
    expect(JSON.parse(String(event?.['new_value']))).toMatchObject({ title: "New 'title'", priority: 0 });
  });

  test('of what is so already writes nothing', async () => {
    const issue = await createIssue(ctx, { title: 'Same', metadata: { b: 1, a: { d: 1, c: 2 } }, labels: ['x'] });
    const later = contextOf(ctx.db, { now: () => new Date('2040-01-01T00:00:00Z') });
    const { updated } = await updateIssues(later, [issue.id], {
      title: 'Same',
      status: 'open',
      metadata: { a: { c: 2, d: 1 }, b: 1 },
      add_labels: ['x'],
      remove_labels: ['never'],
      assignee: '',
    });
    expect(updated[0]?.updated_at).toBe(issue.updated_at);
    const events = await ctx.db.query('SELECT event_type FROM events WHERE issue_id = ?', [issue.id]);
    expect(events.map((event) => event['event_type']).sort()).toEqual(['created', 'label_added']);
  });

  test('follows the life of an issue', async () => {
    const { id } = await createIssue(ctx, { title: 'Life', pinned: true });
    const step = async (changes: Parameters<typeof updateIssues>[2]) =>
      (await updateIssues(ctx, [id], changes)).updated[0];
    const started = await step({ status: 'in_progress' });
    expect(started?.pinned).toBeUndefined();
    expect(started?.started_at).toBeDefined();
    const closed = await step({ status: 'closed', closed_by_session: 's1' });
    expect(closed).toMatchObject({ status: 'closed', closed_by_session: 's1', started_at: started?.started_at });
    expect(closed?.closed_at).toBeDefined();
    const again = await step({ status: 'open' });
    expect(again).not.toHaveProperty('closed_at');
    const deferred = await step({ defer_until: '2999-01-01T00:00:00Z' });
    expect(deferred).toMatchObject({ status: 'deferred', defer_until: '2999-01-01T00:00:00Z' });
    expect(await step({ defer_until: null })).toMatchObject({ status: 'open' });
    expect(await step({ defer_until: '2001-01-01T00:00:00Z' })).toMatchObject({ status: 'open' });
    const types = await ctx.db.query('SELECT event_type FROM events WHERE issue_id = ? ORDER BY event_type', [id]);
    expect(types.map((row) => row['event_type'])).toEqual(
      ['closed', 'created', 'reopened', 'status_changed', 'status_changed', 'status_changed', 'updated'].sort(),
    );
  });

  test('does not close what close would refuse, and gives a reason for what it closes', async () => {
    const blocker = await createIssue(ctx, { title: 'First' });
    const held = await createIssue(ctx, { title: 'Then', dependencies: [{ type: 'blocks', id: blocker.id }] });
    const epic = await createIssue(ctx, { title: 'Epic', issue_type: 'epic' });
    await createIssue(ctx, { title: 'Child', parent: epic.id });
    const free = await createIssue(ctx, { title: 'Free' });
    const ids = [held.id, epic.id, free.id];
    const { updated, failures } = await updateIssues(ctx, ids, { status: 'closed' });
    expect(updated).toMatchObject([{ id: free.id, status: 'closed', close_reason: 'Closed' }]);
    expect(failures).toMatchObject([
      {
        code: 'CONFLICT',
        message: `cannot close ${held.id}: blocked by open issues [${blocker.id}]`,
        hint: `bd close ${held.id} --force`,
      },
      {
        code: 'CONFLICT',
        message: `cannot close epic ${epic.id}: 1 open child issue(s); close children first`,
        hint: `bd close ${epic.id} --force`,
      },
    ]);
    // Together with what holds it, it may be closed.
    const both = await updateIssues(ctx, [held.id, blocker.id], { status: 'closed' });
    expect(both).toMatchObject({ updated: [{ status: 'closed' }, { status: 'closed' }], failures: [] });
  });

  test('of several changes those that exist and reports the others', async () => {
    const [a, b] = await createIssues(ctx, [{ title: 'A' }, { title: 'B' }]);
    const { updated, failures } = await updateIssues(ctx, [a?.id ?? '', 'hm-nope', b?.id ?? ''], { priority: 4 });
    expect(updated.map(({ id, priority }) => [id, priority])).toEqual([
      [a?.id, 4],
      [b?.id, 4],
    ]);
    expect(failures.map((failure) => [failure.code, failure.message])).toEqual([
      ['NOT_FOUND', 'resolving hm-nope: no issue found matching "hm-nope"'],
    ]);
  });

  test('refuses values with the words of the Go bd, and writes nothing then', async () => {
    const { id } = await createIssue(ctx, { title: 'Strict' });
    const tries: [Parameters<typeof updateIssues>[2], string][] = [
      [{ title: '' }, 'title cannot be empty'],
      [
        { status: 'bogus' },
        'invalid status "bogus" (built-in: open, in_progress, blocked, deferred, closed, pinned, hooked;',
      ],
      [{ issue_type: 'bogus' }, 'invalid issue type: bogus'],
      [{ priority: 7 }, 'invalid priority "7"'],
      [{ description: 'x'.repeat(10_485_761) }, 'description is 10485761 bytes long'],
      [{ add_labels: [' '] }, 'label cannot be empty'],
    ];
    for (const [changes, message] of tries) {
      await expect(updateIssues(ctx, [id], { notes: 'must not stay', ...changes })).rejects.toThrow(message);
    }
    expect((await findIssue(ctx.db, id)).issue.notes).toBeUndefined();
  });

  test('knows custom statuses and types', async () => {
    await ctx.db.execute(
      "INSERT INTO config VALUES ('status.custom', 'review:active,parked'), ('types.custom', 'spec')",
    );
    const { id } = await createIssue(ctx, { title: 'Custom', issue_type: 'spec' });
    const { updated } = await updateIssues(ctx, [id], { status: 'review' });
    expect(updated[0]).toMatchObject({ status: 'review', issue_type: 'spec' });
  });

  test('gives a new parent, refuses a loop of parents', async () => {
    const [a, b, c] = await createIssues(ctx, [{ title: 'A' }, { title: 'B' }, { title: 'C' }]);
    const ids = [a?.id ?? '', b?.id ?? '', c?.id ?? ''] as const;
    await updateIssues(ctx, [ids[1]], { parent: ids[0] });
    await updateIssues(ctx, [ids[2]], { parent: ids[1] });
    await expect(updateIssues(ctx, [ids[0]], { parent: ids[2] })).rejects.toThrow('would create a cycle');
    await updateIssues(ctx, [ids[2]], { parent: ids[0] });
    expect(await parentOf(ids[2])).toEqual([ids[0]]);
    await updateIssues(ctx, [ids[2]], { parent: '' });
    expect(await parentOf(ids[2])).toEqual([]);
  });

  test('counts the levels of a whole subtree against hierarchy.max-depth', async () => {
    const top = await createIssue(ctx, { title: 'Top' });
    const one = await createIssue(ctx, { title: '1', parent: top.id });
    const two = await createIssue(ctx, { title: '2', parent: one.id });
    const other = await createIssue(ctx, { title: 'Other' });
    const child = await createIssue(ctx, { title: 'Other 1', parent: other.id });
    await expect(updateIssues(ctx, [other.id], { parent: two.id })).rejects.toThrow(
      `maximum hierarchy depth (3) exceeded for parent ${two.id}`,
    );
    expect((await updateIssues(ctx, [other.id], { parent: one.id })).failures).toEqual([]);
    expect(await parentOf(child.id)).toEqual([other.id]);
  });

  test('moves an issue between history and wisps with all that hangs on it', async () => {
    const target = await createIssue(ctx, { title: 'Target' });
    const { id } = await createIssue(ctx, {
      title: 'Mover',
      labels: ['l'],
      dependencies: [{ type: 'related', id: target.id }],
    });
    await updateIssues(ctx, [id], { ephemeral: true });
    expect(await ctx.db.query('SELECT id FROM issues WHERE id = ?', [id])).toEqual([]);
    expect(await ctx.db.query('SELECT depends_on_id FROM wisp_dependencies WHERE issue_id = ?', [id])).toHaveLength(1);
    expect((await reloadIssues(ctx.db, [id]))[0]).toMatchObject({ title: 'Mover', labels: ['l'], ephemeral: true });
    const { updated } = await updateIssues(ctx, [id], { ephemeral: false });
    expect(updated[0]).not.toHaveProperty('ephemeral');
    for (const table of ['wisps', 'wisp_labels', 'wisp_events', 'wisp_dependencies']) {
      const column = table === 'wisps' ? 'id' : 'issue_id';
      expect(await ctx.db.query(`SELECT 1 AS one FROM ${table} WHERE ${column} = ?`, [id])).toEqual([]);
    }
    expect(
      await ctx.db.query("SELECT id FROM events WHERE issue_id = ? AND event_type = 'created'", [id]),
    ).toHaveLength(1);
  });

  test('moves what was recorded in the same write, too', async () => {
    const { id } = await createIssue(ctx, { title: 'Both' });
    const { updated } = await updateIssues(ctx, [id], { claim: true, ephemeral: true });
    expect(updated[0]).toMatchObject({ status: 'in_progress', ephemeral: true });
    const events = await ctx.db.query('SELECT event_type FROM wisp_events WHERE issue_id = ? ORDER BY event_type', [
      id,
    ]);
    expect(events.map((event) => event['event_type'])).toEqual(['claimed', 'created', 'updated']);
  });

  test('does not overwrite metadata that is no object', async () => {
    const { id } = await createIssue(ctx, { title: 'Array' });
    await ctx.db.execute("UPDATE issues SET metadata = '[1]' WHERE id = ?", [id]);
    await expect(updateIssues(ctx, [id], { set_metadata: { a: 1 } })).rejects.toThrow('is no JSON object');
    const { updated } = await updateIssues(ctx, [id], { metadata: { a: 1 } });
    expect(updated[0]?.metadata).toEqual({ a: 1 });
  });

  test('defers and takes up again', async () => {
    const { id } = await createIssue(ctx, { title: 'Later' });
    const put = await deferIssues(ctx, [id], { until: '2999-01-01T00:00:00Z' });
    expect(put.updated[0]).toMatchObject({ status: 'deferred', defer_until: '2999-01-01T00:00:00Z' });
    const { updated } = await undeferIssues(ctx, [id]);
    expect(updated[0]).toMatchObject({ status: 'open' });
    expect(updated[0]).not.toHaveProperty('defer_until');
  });

  describe('claim', () => {
    test('takes an open issue, once, and again for the same actor', async () => {
      const { id } = await createIssue(ctx, { title: 'Claim me' });
      const mine = await claimIssue(ctx, id);
      expect(mine).toMatchObject({ status: 'in_progress', assignee: 'alice' });
      expect(mine.started_at).toBeDefined();
      expect(await claimIssue(ctx, id)).toEqual(mine);
      const bob = contextOf(ctx.db, { actor: 'bob' });
      await expect(claimIssue(bob, id)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: `claiming ${id}: issue already claimed by alice`,
      });
      const { failures } = await updateIssues(bob, [id], { claim: true, priority: 0 });
      expect(failures).toHaveLength(1);
      expect((await findIssue(ctx.db, id)).issue.priority).toBe(2);
      await updateIssues(ctx, [id], { status: 'closed', assignee: '' });
      await expect(claimIssue(bob, id)).rejects.toThrow('status closed');
      const events = await ctx.db.query("SELECT actor FROM events WHERE issue_id = ? AND event_type = 'claimed'", [id]);
      expect(events).toEqual([{ actor: 'alice' }]);
    });

    test('has one winner among twenty', async () => {
      const { id } = await createIssue(ctx, { title: 'Wanted' });
      const databases = await Promise.all(Array.from({ length: 4 }, () => beads.driver.open()));
      try {
        const tries = await Promise.all(
          Array.from({ length: 20 }, (_, index) => {
            const db = databases[index % databases.length] ?? ctx.db;
            return claimIssue(contextOf(db, { actor: `agent${index}` }), id).catch((error: unknown) => error);
          }),
        );
        const lost = tries.filter((each) => each instanceof AppError);
        expect(lost.map((error) => error.code)).toEqual(Array.from({ length: 19 }, () => 'CONFLICT'));
        const [row] = await ctx.db.query('SELECT assignee FROM issues WHERE id = ?', [id]);
        const events = await ctx.db.query("SELECT actor FROM events WHERE issue_id = ? AND event_type = 'claimed'", [
          id,
        ]);
        expect(events).toEqual([{ actor: row?.['assignee'] }]);
      } finally {
        await Promise.all(databases.map((db) => db.close()));
      }
    });
  });

  async function parentOf(id: string): Promise<unknown[]> {
    const rows = await ctx.db.query(
      "SELECT depends_on_id FROM dependencies WHERE issue_id = ? AND type = 'parent-child'",
      [id],
    );
    return rows.map((row) => row['depends_on_id']);
  }
});
