import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitAll } from '../../../src/beads/history/commit.ts';
import { readLog } from '../../../src/beads/history/log.ts';
import { resolveRevision } from '../../../src/beads/history/revision.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { deleteIssues } from '../../../src/beads/operations/delete.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { showIssues } from '../../../src/beads/query/show.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from '../beads/beads-under-test.ts';
import { doltLog, onBranch, oracle } from './history-under-test.ts';

describe.each(DRIVERS)('log, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsUnderTest['ctx'];

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = contextOf(beads.ctx.db, { autoCommit: true });
    for (let index = 0; index < 4; index += 1) await createIssue(ctx, { title: `Issue ${index}` });
    await ctx.db.query("CALL DOLT_BRANCH('feat')");
    await ctx.db.query("CALL DOLT_TAG('v1', 'HEAD~1')");
    await onBranch(beads, 'feat', (other) => createIssue(other, { title: 'Elsewhere' }));
  });

  afterAll(() => beads?.dispose());

  test('has every commit that dolt log has, in its order', async () => {
    const { commits, branch, more } = await readLog(ctx, { limit: 0 });
    expect(commits.map(({ hash }) => hash)).toEqual((await doltLog(beads)).map(({ hash }) => hash));
    expect(branch).toBe('main');
    expect(more).toBe(false);
  });

  test('tells author, e-mail, time, message, parents and names', async () => {
    const { commits } = await readLog(ctx, { limit: 2 });
    const [head, before] = commits;
    const [row] = await oracle(
      beads,
      'SELECT commit_hash, committer, email, DATE_FORMAT(date, "%Y-%m-%dT%H:%i:%sZ") AS at, message FROM dolt_log LIMIT 1',
    );
    expect(head).toEqual({
      hash: row?.['commit_hash'],
      author: 'Alice',
      email: 'alice@example.com',
      date: row?.['at'],
      message: row?.['message'],
      parents: [before?.hash],
      branches: ['main'],
    });
    expect(before?.tags).toEqual(['v1']);
    expect(head?.message).toMatch(/^bd: create hm-\w+ by alice$/);
  });

  test('comes in pages that fit together', async () => {
    const all = (await readLog(ctx, { limit: 0 })).commits;
    const first = await readLog(ctx, { limit: 3 });
    const second = await readLog(ctx, { limit: 3, skip: 3 });
    expect([...first.commits, ...second.commits]).toEqual(all.slice(0, 6));
    expect(first.more).toBe(true);
    expect((await readLog(ctx, { limit: all.length })).more).toBe(false);
  });

  test('starts where it is asked to', async () => {
    const feat = await readLog(ctx, { revision: 'feat', limit: 1 });
    expect(feat.commits[0]).toMatchObject({ author: 'Bob', branches: ['feat'] });
    const tagged = await readLog(ctx, { revision: 'v1~1', limit: 1 });
    const [, , third] = (await readLog(ctx, { limit: 3 })).commits;
    expect(tagged.commits).toEqual([third]);
  });

  test('knows the commit of merges on both sides', async () => {
    await ctx.db.query("CALL DOLT_MERGE('--no-ff', '-m', 'joined', 'feat')");
    const [merge] = (await readLog(ctx, { limit: 1 })).commits;
    const feat = await resolveRevision(ctx.db, 'feat');
    expect(merge?.message).toBe('joined');
    expect(merge?.parents).toHaveLength(2);
    expect(merge?.parents[1]).toBe(feat.hash);
  });

  test('takes the beginning of a hash, also with an ancestor', async () => {
    const [head] = (await readLog(ctx, { limit: 1 })).commits;
    const start = head?.hash.slice(0, 10) ?? '';
    expect(await resolveRevision(ctx.db, start)).toEqual({ name: start, at: head?.hash, hash: head?.hash });
    expect((await resolveRevision(ctx.db, `${start}^1`)).hash).toBe(head?.parents[0]);
    await expect(resolveRevision(ctx.db, `${start}~99`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each([
    'nope',
    '',
    'HEAD~99',
    'HEAD~999999999999999999999',
    "x'; DROP TABLE issues; --",
    '2k8phbcq00000000000000000000000a',
    '--parents',
    'main..feat',
    'ü',
    'working',
  ])('says that there is no revision %j', async (name) => {
    await expect(resolveRevision(ctx.db, name)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('bd vc log'),
    });
    expect((await ctx.db.query('SELECT COUNT(*) AS n FROM issues'))[0]).toEqual({ n: 5 });
  });

  test('shows an issue as it was', async () => {
    const { id } = await createIssue(ctx, { title: 'Then', labels: ['old'] });
    const then = (await doltLog(beads))[0]?.hash ?? '';
    await updateIssues(ctx, [id], { title: 'Now', set_labels: ['new'] });
    for (const asOf of ['HEAD~1', then, then.slice(0, 8)]) {
      const { issues } = await showIssues(ctx, [id], { asOf });
      expect(issues).toMatchObject([{ id, title: 'Then', labels: ['old'] }]);
    }
    // A part of the id means what it means now, unless something had that very id then.
    expect(await showIssues(ctx, [id.slice('hm-'.length), id], { asOf: then })).toMatchObject({
      issues: [{ id, title: 'Then' }],
      failures: [],
    });
    const { id: longer } = await createIssue(ctx, { id: 'hm-abcd', title: 'Longer' });
    const { id: short } = await createIssue(ctx, { id: 'hm-abc', title: 'Deleted since' });
    const before = (await doltLog(beads))[0]?.hash ?? '';
    await deleteIssues(ctx, [short], { force: true });
    expect((await showIssues(ctx, [short, longer], { asOf: before })).issues.map(({ title }) => title)).toEqual([
      'Deleted since',
      'Longer',
    ]);
    const [first] = await oracle(beads, 'SELECT commit_hash FROM dolt_log ORDER BY commit_order LIMIT 1');
    for (const asOf of ['v1', String(first?.['commit_hash'])]) {
      expect(await showIssues(ctx, [id], { asOf })).toMatchObject({ issues: [], failures: [{ input: id }] });
    }
    await expect(showIssues(ctx, [id], { asOf: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('commits nothing by being read', async () => {
    const before = await doltLog(beads);
    await readLog(ctx, { limit: 5 });
    expect(await commitAll(ctx, 'nothing')).toEqual({ committed: false, hash: before[0]?.hash, message: 'nothing' });
    expect(await doltLog(beads)).toEqual(before);
  });
});
