import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findIssue } from '../../../src/beads/lookup.ts';
import { closeIssues } from '../../../src/beads/operations/close.ts';
import { createIssue, createIssues } from '../../../src/beads/operations/create.ts';
import { addDependencies } from '../../../src/beads/operations/dependencies.ts';
import { reopenIssues } from '../../../src/beads/operations/reopen.ts';
import { markDuplicate, supersedeIssue } from '../../../src/beads/operations/replace.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from './beads-under-test.ts';

describe.each(DRIVERS)('close, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsUnderTest['ctx'];

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = beads.ctx;
  });

  afterAll(() => beads?.dispose());

  const make = async (...titles: string[]): Promise<string[]> =>
    (
      await createIssues(
        ctx,
        titles.map((title) => ({ title })),
      )
    ).map(({ id }) => id);

  test('closes with a reason; doing it again changes nothing', async () => {
    const [a = ''] = await make('A');
    const { closed, failures } = await closeIssues(ctx, [a, 'hm-nope'], { reason: 'why not', session: 's' });
    expect(closed).toMatchObject([
      { id: a, status: 'closed', close_reason: 'why not', closed_by_session: 's', closed_at: closed[0]?.updated_at },
    ]);
    expect(failures.map(({ message }) => message)).toEqual(['resolving ID hm-nope: no issue found matching "hm-nope"']);
    expect((await findIssue(ctx.db, a)).issue).toEqual(closed[0]);
    const again = await closeIssues(ctx, [a], { reason: 'other' });
    expect(again).toMatchObject({ closed, failures: [] });
    const events = await ctx.db.query("SELECT new_value FROM events WHERE issue_id = ? AND event_type = 'closed'", [a]);
    expect(events).toEqual([{ new_value: 'why not' }]);
  });

  test('refuses what waits for open work, unless it is closed together with it or forced', async () => {
    const [a = '', b = '', c = ''] = await make('A', 'B', 'C');
    await addDependencies(ctx, [
      { issue: a, dependsOn: b },
      { issue: b, dependsOn: c, type: 'conditional-blocks' },
      { issue: a, dependsOn: 'external:x:y' },
    ]);
    const refused = await closeIssues(ctx, [a, b]);
    expect(refused.closed).toEqual([]);
    expect(refused.failures.map(({ message }) => message)).toEqual([
      `cannot close ${a}: blocked by open issues [${b}] (use --force to override)`,
      `cannot close ${b}: blocked by open issues [${c}] (use --force to override)`,
    ]);
    expect((await closeIssues(ctx, [a, b, c])).closed.map(({ id }) => id)).toEqual([a, b, c]);
    const [d = '', e = ''] = await make('D', 'E');
    await addDependencies(ctx, [{ issue: d, dependsOn: e }]);
    expect((await closeIssues(ctx, [d], { force: true })).failures).toEqual([]);
  });

  test('refuses an epic with open children, a pinned issue, a gate whose timer runs', async () => {
    const epic = await createIssue(ctx, { title: 'Epic', issue_type: 'epic' });
    const child = await createIssue(ctx, { title: 'Kid', parent: epic.id });
    const pinned = await createIssue(ctx, { title: 'Pin', pinned: true });
    const gate = await createIssue(ctx, { title: 'Gate', issue_type: 'gate', await_type: 'timer', timeout: 3.6e12 });
    const { failures } = await closeIssues(ctx, [epic.id, pinned.id, gate.id]);
    expect(failures.map(({ message }) => message)).toEqual([
      `cannot close epic ${epic.id}: 1 open child issue(s); close children first or use --force to override`,
      `cannot close ${pinned.id}: issue is pinned (use --force to override)`,
      expect.stringContaining(`cannot close gate ${gate.id}: its timer runs until`),
    ]);
    expect((await closeIssues(ctx, [epic.id, child.id])).failures).toEqual([]);
    const later = contextOf(ctx.db, { now: () => new Date(Date.now() + 3_700_000) });
    expect((await closeIssues(later, [gate.id])).failures).toEqual([]);
  });

  test('suggests what can be worked on next', async () => {
    const [a = '', b = '', c = '', d = ''] = await make('A', 'B', 'C', 'D');
    await addDependencies(ctx, [
      { issue: b, dependsOn: a },
      { issue: c, dependsOn: a },
      { issue: c, dependsOn: d },
    ]);
    const { unblocked } = await closeIssues(ctx, [a], { suggestNext: true });
    expect(unblocked?.map(({ id }) => id)).toEqual([b]);
    expect(await closeIssues(ctx, [d], { suggestNext: true })).toMatchObject({ unblocked: [{ id: c }] });
    expect(await closeIssues(ctx, [b], { suggestNext: true })).not.toHaveProperty('unblocked');
  });

  test('goes on with the next step of a molecule', async () => {
    const molecule = await createIssue(ctx, { title: 'Mol', issue_type: 'molecule' });
    const [one, two, three] = await createIssues(
      ctx,
      ['1', '2', '3'].map((title) => ({ title, parent: molecule.id })),
    );
    await addDependencies(ctx, [
      { issue: two?.id ?? '', dependsOn: three?.id ?? '' },
      { issue: three?.id ?? '', dependsOn: one?.id ?? '' },
    ]);
    const first = await closeIssues(ctx, [one?.id ?? ''], { advance: 'show' });
    expect(first.advance).toMatchObject({
      molecule_id: molecule.id,
      next_step: { id: three?.id, status: 'open' },
      auto_advanced: false,
      molecule_complete: false,
    });
    const second = await closeIssues(ctx, [three?.id ?? ''], { advance: 'claim' });
    expect(second.advance).toMatchObject({ next_step: { id: two?.id, status: 'in_progress', assignee: 'alice' } });
    const last = await closeIssues(ctx, [two?.id ?? ''], { advance: 'claim' });
    expect(last.advance).toMatchObject({ auto_advanced: false, molecule_complete: true });
  });

  test('reopens', async () => {
    const [a = '', b = ''] = await make('A', 'B');
    await closeIssues(ctx, [a]);
    const { reopened, alreadyOpen, failures } = await reopenIssues(ctx, [a, b, 'hm-nope'], { reason: 'again' });
    expect(reopened).toMatchObject([{ id: a, status: 'open' }]);
    expect(reopened[0]).not.toHaveProperty('closed_at');
    expect(reopened[0]).not.toHaveProperty('close_reason');
    expect(alreadyOpen).toEqual([b]);
    expect(failures).toHaveLength(1);
    const events = await ctx.db.query(
      "SELECT event_type, comment FROM events WHERE issue_id = ? AND event_type IN ('reopened', 'commented') ORDER BY event_type",
      [a],
    );
    expect(events).toEqual([{ event_type: 'commented', comment: 'again' }, { event_type: 'reopened' }]);
  });

  test('a duplicate and a superseded issue are closed and linked', async () => {
    const [a = '', b = '', c = ''] = await make('A', 'B', 'C');
    expect(await markDuplicate(ctx, a, c)).toEqual({ closed: a, inFavourOf: c });
    await supersedeIssue(ctx, b, c);
    await expect(markDuplicate(ctx, c, c)).rejects.toThrow('cannot mark an issue as duplicate of itself');
    expect((await findIssue(ctx.db, a)).issue).toMatchObject({ status: 'closed', close_reason: `Duplicate of ${c}` });
    const edges = await ctx.db.query('SELECT issue_id, type FROM dependencies WHERE depends_on_id = ? ORDER BY type', [
      c,
    ]);
    expect(edges).toEqual([
      { issue_id: a, type: 'duplicates' },
      { issue_id: b, type: 'supersedes' },
    ]);
  });
});
