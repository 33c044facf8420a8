import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { createBranch } from '../../../src/beads/history/branches.ts';
import { mergeRevision } from '../../../src/beads/history/merge.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { addLabel } from '../../../src/beads/operations/labels.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { issueHistory } from '../../../src/beads/query/history.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from '../beads/beads-under-test.ts';
import { doltLog, onBranch, oracle } from './history-under-test.ts';

describe.each(DRIVERS)('versions of an issue, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsContext;
  let id: string;

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = contextOf(beads.ctx.db, { autoCommit: true });
    id = (await createIssue(ctx, { title: 'One' })).id;
    await createIssue(ctx, { title: 'Another' });
    await updateIssues(ctx, [id], { title: 'Two' });
    await addLabel(ctx, [id], 'label');
    await updateIssues(ctx, [id], { priority: 0 });
  });

  afterAll(() => beads?.dispose());

  test('has one for each commit that changed it, newest first, as Dolt has them', async () => {
    const { versions, events } = await issueHistory(ctx, id);
    expect(versions.map(({ Issue }) => [Issue.title, Issue.priority])).toEqual([
      ['Two', 0],
      ['Two', 2],
      ['One', 2],
    ]);
    for (const { CommitHash, Issue } of versions) {
      const rows = await oracle(beads, `SELECT title, priority FROM issues AS OF '${CommitHash}' WHERE id = '${id}'`);
      expect(rows).toEqual([{ title: Issue.title, priority: Issue.priority }]);
    }
    const [head] = await doltLog(beads);
    expect(versions[0]).toMatchObject({ CommitHash: head?.hash, Committer: 'Alice', Message: head?.message });
    expect(versions[0]?.Changes).toContainEqual({ field: 'priority', before: 2, after: 0 });
    expect(versions[2]?.Changes).toEqual([]);
    expect(events.length).toBeGreaterThanOrEqual(versions.length);
  });

  test('stops at a limit', async () => {
    const all = (await issueHistory(ctx, id)).versions;
    expect((await issueHistory(ctx, id, { limit: 2 })).versions).toEqual(all.slice(0, 2));
    expect((await issueHistory(ctx, id, { limit: 9 })).versions).toEqual(all);
  });

  test('leaves out what is not committed, and wisps', async () => {
    const before = (await issueHistory(ctx, id)).versions;
    const off = { ...ctx, autoCommit: false };
    await updateIssues(off, [id], { title: 'Not yet' });
    expect((await issueHistory(ctx, id)).versions).toEqual(before);
    await updateIssues(ctx, [id], { title: 'Three' });
    expect((await issueHistory(ctx, id)).versions).toHaveLength(before.length + 1);
    const wisp = await createIssue(ctx, { title: 'A wisp', ephemeral: true });
    expect((await issueHistory(ctx, wisp.id)).versions).toEqual([]);
  });

  test('counts a merge only when it made something new', async () => {
    const early = (await issueHistory(ctx, id)).versions;
    await createBranch(ctx, 'feat');
    await onBranch(beads, 'feat', (there) => updateIssues(there, [id], { assignee: 'bob' }));
    await createIssue(ctx, { title: 'So that it is no fast-forward' });
    await mergeRevision(ctx, { revision: 'feat' });
    const joined = (await issueHistory(ctx, id)).versions;
    expect(joined.map(({ Committer }) => Committer)).toEqual(['Bob', ...early.map(() => 'Alice')]);

    await onBranch(beads, 'feat', (there) => updateIssues(there, [id], { assignee: 'carol' }));
    await updateIssues(ctx, [id], { title: 'Four' });
    await mergeRevision(ctx, { revision: 'feat' });
    const [merge, ...rest] = (await issueHistory(ctx, id)).versions;
    expect(merge).toMatchObject({
      Message: expect.stringContaining('merge feat'),
      Issue: { assignee: 'carol', title: 'Four' },
    });
    expect(rest).toHaveLength(joined.length + 2);
    expect((await issueHistory(ctx, id, { limit: 1 })).versions).toEqual([merge]);
  });
});
