import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { changeSignal } from '../../../src/beads/query/change-signal.ts';
import { commentsOf } from '../../../src/beads/query/comment-list.ts';
import { countByGroup, countIssues } from '../../../src/beads/query/count.ts';
import { currentIssue } from '../../../src/beads/query/current.ts';
import { dependencyCycles } from '../../../src/beads/query/cycles.ts';
import { listDependencies } from '../../../src/beads/query/dependency-list.ts';
import { dependencyTree } from '../../../src/beads/query/dependency-tree.ts';
import { epicStatuses } from '../../../src/beads/query/epics.ts';
import { explainReady } from '../../../src/beads/query/explain.ts';
import { issueHistory } from '../../../src/beads/query/history.ts';
import { allLabels, labelsOf } from '../../../src/beads/query/label-list.ts';
import { lintIssues } from '../../../src/beads/query/lint.ts';
import { listIssues } from '../../../src/beads/query/list.ts';
import { readOpenLinks } from '../../../src/beads/query/open-links.ts';
import { readyWork } from '../../../src/beads/query/ready.ts';
import { searchIssues } from '../../../src/beads/query/search.ts';
import { showIssues } from '../../../src/beads/query/show.ts';
import { staleIssues } from '../../../src/beads/query/stale.ts';
import { recentActivity, statistics } from '../../../src/beads/query/stats.ts';
import { readThread } from '../../../src/beads/query/thread.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { DRIVERS } from '../database/drivers.ts';

const NOW = new Date('2026-06-01T12:00:00Z');

const TEXTS = { description: '', design: '', acceptance_criteria: '', notes: '' };
const ISSUES = [
  { id: 'hm-e1', title: 'Epic', issue_type: 'epic', priority: 1 },
  { id: 'hm-e1.1', title: 'Kid one', status: 'closed', closed_at: '2026-05-02 00:00:00' },
  { id: 'hm-e1.2', title: 'Kid two' },
  { id: 'hm-e1.10', title: 'Kid ten', status: 'in_progress', assignee: 'alice' },
  { id: 'hm-e2', title: 'Done epic', issue_type: 'epic' },
  { id: 'hm-e2.1', title: 'Its kid', status: 'closed', closed_at: '2026-05-01 06:00:00' },
  { id: 'hm-a', title: 'First bug', issue_type: 'bug', priority: 0, external_ref: 'GH-7', assignee: 'bob' },
  { id: 'hm-b', title: 'Second', description: '## Acceptance Criteria\nit works' },
  { id: 'hm-c', title: 'Third', acceptance_criteria: 'it works', updated_at: '2026-01-01 00:00:00' },
  { id: 'hm-d', title: 'Pinned', status: 'pinned', pinned: 1 },
  { id: 'hm-f', title: 'Later', status: 'deferred', defer_until: '2026-07-01 00:00:00' },
  { id: 'hm-x', title: 'Circle one' },
  { id: 'hm-y', title: 'Circle two' },
];
const EDGES = [
  ['hm-e1.1', 'hm-e1', 'parent-child'],
  ['hm-e1.2', 'hm-e1', 'parent-child'],
  ['hm-e1.10', 'hm-e1', 'parent-child'],
  ['hm-e2.1', 'hm-e2', 'parent-child'],
  ['hm-a', 'hm-b', 'blocks'],
  ['hm-b', 'hm-c', 'blocks'],
  ['hm-a', 'hm-c', 'blocks'],
  ['hm-a', 'hm-e1.1', 'related'],
  ['hm-a', 'external:other:9', 'blocks'],
  ['hm-c', 'hm-e2.1', 'blocks'],
  ['hm-x', 'hm-y', 'blocks'],
  ['hm-y', 'hm-x', 'conditional-blocks'],
  ['hm-b', 'hm-w', 'related'],
] as const;

describe.each(DRIVERS)('%s', (mode) => {
  let beads: BeadsDatabase;
  let ctx: BeadsContext;

  beforeAll(async () => {
    beads = await makeBeadsDatabase(mode);
    ctx = beads.context({ now: () => NOW });
    const times = { created_at: '2026-05-01 00:00:00', updated_at: '2026-05-20 00:00:00' };
    await insertObjects(
      beads.db,
      'issues',
      ISSUES.map((issue) => ({ ...TEXTS, ...times, ...issue })),
    );
    await insertObjects(
      beads.db,
      'dependencies',
      EDGES.map(([issue_id, depends_on_id, type]) => ({ issue_id, depends_on_id, type, created_by: 'alice' })),
    );
    await insertObjects(beads.db, 'wisps', [
      { id: 'hm-w', title: 'A wisp', ephemeral: 1, ...times, ...TEXTS },
      { id: 'hm-m1', title: 'Question', issue_type: 'message', ephemeral: 1, ...times, ...TEXTS },
      {
        id: 'hm-m2',
        title: 'Answer',
        issue_type: 'message',
        ephemeral: 1,
        ...times,
        ...TEXTS,
        created_at: '2026-05-02 00:00:00',
      },
    ]);
    await insertObjects(beads.db, 'wisp_dependencies', [
      { issue_id: 'hm-w', depends_on_id: 'hm-c', type: 'blocks' },
      { issue_id: 'hm-m2', depends_on_id: 'hm-m1', type: 'replies-to' },
    ]);
    await insertObjects(beads.db, 'labels', [
      { issue_id: 'hm-a', label: 'ui' },
      { issue_id: 'hm-a', label: 'api' },
      { issue_id: 'hm-b', label: 'ui' },
    ]);
    await insertObjects(beads.db, 'wisp_labels', [{ issue_id: 'hm-w', label: 'ui' }]);
    await insertObjects(beads.db, 'comments', [
      { issue_id: 'hm-a', author: 'bob', text: 'later', created_at: '2026-05-03 00:00:00' },
      { issue_id: 'hm-a', author: 'alice', text: 'earlier', created_at: '2026-05-02 00:00:00' },
    ]);
  });
  afterAll(() => beads.dispose());

  const idsOf = (issues: readonly { id: string }[]) => issues.map(({ id }) => id);

  test('show: labels, comments and both directions of dependencies, in the order of the Go bd’s keys', async () => {
    const { issues, failures } = await showIssues(ctx, ['hm-a', 'b', 'hm-a', 'nope']);
    expect(failures).toMatchObject([{ input: 'nope', error: { message: 'no issue found matching "nope"' } }]);
    expect(idsOf(issues)).toEqual(['hm-a', 'hm-b']);
    const [first, second] = issues;
    expect(first?.labels).toEqual(['api', 'ui']);
    expect(first?.comments?.map(({ text }) => text)).toEqual(['earlier', 'later']);
    expect(first?.dependencies?.map((each) => [each.id, each.dependency_type])).toEqual([
      ['hm-b', 'blocks'],
      ['hm-c', 'blocks'],
      ['hm-e1.1', 'related'],
    ]);
    expect(first?.dependents).toBeUndefined();
    expect(second?.dependencies?.map(({ id }) => id)).toEqual(['hm-c', 'hm-w']);
    expect(second?.dependents?.map(({ id }) => id)).toEqual(['hm-a']);
    const keys = Object.keys(first ?? {});
    expect(keys.slice(keys.indexOf('updated_at') + 1)).toEqual([
      'external_ref',
      'work_type',
      'labels',
      'dependencies',
      'comments',
    ]);
  });

  test('show: an epic knows its children, and a child its parent', async () => {
    const { issues } = await showIssues(ctx, ['hm-e1', 'hm-e2', 'hm-e1.10', 'hm-w']);
    expect(issues[0]).toMatchObject({ epic_total_children: 3, epic_closed_children: 1, epic_closeable: false });
    expect(issues[0]?.dependents?.map(({ id }) => id)).toEqual(['hm-e1.1', 'hm-e1.2', 'hm-e1.10']);
    expect(issues[1]).toMatchObject({ epic_total_children: 1, epic_closed_children: 1, epic_closeable: true });
    expect(issues[2]?.parent).toBe('hm-e1');
    expect(issues[3]).toMatchObject({ id: 'hm-w', labels: ['ui'], ephemeral: true });
    expect(issues[3]?.dependencies?.map(({ id }) => id)).toEqual(['hm-c']);
    expect(issues[3]?.dependents?.map(({ id }) => id)).toEqual(['hm-b']);
  });

  test('history and --as-of: what Dolt’s commits hold', async () => {
    const commit = (message: string) =>
      beads.db.query("CALL DOLT_COMMIT('-Am', ?, '--author', 'Al <a@b.c>')", [message]);
    await commit('first');
    await beads.db.execute("UPDATE issues SET title = 'Changed' WHERE id = 'hm-f'");
    await commit('second');
    await beads.db.execute("UPDATE issues SET title = 'Elsewhere' WHERE id = 'hm-d'");
    await commit('third');
    await insertObjects(beads.db, 'events', [
      {
        issue_id: 'hm-f',
        event_type: 'created',
        actor: 'alice',
        old_value: '',
        new_value: '',
        created_at: '2026-05-01 00:00:00',
      },
      { issue_id: 'hm-f', event_type: 'closed', actor: 'bob', new_value: 'why', created_at: '2026-06-01 11:00:00' },
    ]);
    const { versions, events } = await issueHistory(ctx, 'f');
    expect(versions.map(({ Issue }) => Issue.title)).toEqual(['Changed', 'Later']);
    expect(versions[0]).toMatchObject({ Committer: 'Al', CommitHash: expect.stringMatching(/^[0-9a-v]{32}$/) });
    expect(events.map(({ event_type, new_value }) => [event_type, new_value])).toEqual([
      ['closed', 'why'],
      ['created', undefined],
    ]);
    expect((await issueHistory(ctx, 'f', { limit: 1 })).versions).toHaveLength(1);
    expect(await recentActivity(ctx)).toMatchObject({ issues_closed: 1, issues_created: 0, total_changes: 1 });

    const before = versions[1]?.CommitHash ?? '';
    for (const revision of [before, 'HEAD~2']) {
      const then = await showIssues(ctx, ['hm-f', 'hm-a'], { asOf: revision });
      expect(then.issues.map(({ title }) => title).sort()).toEqual(['First bug', 'Later']);
      expect(then.issues.find(({ id }) => id === 'hm-a')?.labels).toEqual(['api', 'ui']);
    }
    await expect(showIssues(ctx, ['hm-f'], { asOf: "no'such" })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await beads.db.execute("UPDATE issues SET title = 'Later' WHERE id = 'hm-f'");
  });

  test('search finds parts of titles, ids and references, and no closed issue', async () => {
    const found = async (query: string, options = {}) =>
      idsOf((await searchIssues(ctx, { query, ...options })).issues).sort();
    expect(await found('KID')).toEqual(['hm-e1.10', 'hm-e1.2']);
    expect(await found('kid', { all: true })).toEqual(['hm-e1.1', 'hm-e1.10', 'hm-e1.2', 'hm-e2.1']);
    expect(await found('HM-E1.')).toEqual(['hm-e1.10', 'hm-e1.2']);
    expect(await found('gh-7')).toEqual(['hm-a']);
    expect(await found('wisp')).toEqual(['hm-w']);
    expect(await found('%')).toEqual([]);
    expect((await searchIssues(ctx, { query: 'i', limit: 1 })).more).toBe(true);
  });

  test('counts hold wisps and closed issues', async () => {
    expect(await countIssues(ctx)).toBe(16);
    expect(await countIssues(ctx, { statuses: ['closed'] })).toBe(2);
    expect(await countIssues(ctx, { parent: 'e1' })).toBe(3);
    expect(await countByGroup(ctx, 'status')).toContainEqual({ group: 'in_progress', count: 1 });
    expect(await countByGroup(ctx, 'priority')).toEqual([
      { group: 'P0', count: 1 },
      { group: 'P1', count: 1 },
      { group: 'P2', count: 14 },
    ]);
    expect(await countByGroup(ctx, 'label')).toEqual([
      { group: '(no labels)', count: 13 },
      { group: 'api', count: 1 },
      { group: 'ui', count: 3 },
    ]);
    expect(await countByGroup(ctx, 'assignee', { labels: ['ui'] })).toEqual([
      { group: '(unassigned)', count: 2 },
      { group: 'bob', count: 1 },
    ]);
  });

  test('statistics are of the issues in history, and ready is what ready shows', async () => {
    expect(await statistics(ctx)).toEqual({
      total_issues: 13,
      open_issues: 8,
      in_progress_issues: 1,
      closed_issues: 2,
      blocked_issues: 4,
      deferred_issues: 1,
      pinned_issues: 1,
      ready_issues: (await readyWork(ctx)).issues.length,
      epics_eligible_for_closure: 1,
      average_lead_time_hours: 15,
    });
    expect(await statistics(ctx, { assignee: 'alice' })).toMatchObject({ total_issues: 1, in_progress_issues: 1 });
  });

  test('ready narrows to a subtree, to labels, and explains', async () => {
    const ready = async (options = {}) => idsOf((await readyWork(ctx, options)).issues);
    expect(await ready()).toEqual(['hm-e1', 'hm-c', 'hm-e1.2', 'hm-e2']);
    expect(await ready({ under: 'hm-e1' })).toEqual(['hm-e1.2']);
    expect(await ready({ filter: { labelsAny: ['ui'] } })).toEqual([]);
    expect(await ready({ filter: { types: ['epic'] } })).toEqual(['hm-e1', 'hm-e2']);
    expect(idsOf((await listIssues(ctx, { ready: true })).issues)).toEqual(await ready());
    const explained = await explainReady(ctx);
    expect(explained.summary).toEqual({ total_ready: 4, total_blocked: 5, cycle_count: 1 });
    expect(explained.ready.find(({ id }) => id === 'hm-c')).toMatchObject({
      reason: '1 blocker(s) resolved',
      resolved_blockers: ['hm-e2.1'],
    });
    expect(explained.ready.find(({ id }) => id === 'hm-e2')?.resolved_blockers).toBeNull();
    expect(explained.blocked.find(({ id }) => id === 'hm-b')?.blocked_by).toEqual([
      { id: 'hm-c', title: 'Third', priority: 2, status: 'open' },
    ]);
    expect(explained.cycles).toEqual([['hm-x', 'hm-y']]);
  });

  test('what a list says about links: open ends only', async () => {
    const links = await readOpenLinks(ctx, ['hm-a', 'hm-c', 'hm-e1']);
    expect(links.get('hm-a')).toEqual({ blockedBy: ['hm-b', 'hm-c'], blocks: [] });
    expect(links.get('hm-c')).toEqual({ blockedBy: [], blocks: ['hm-a', 'hm-b', 'hm-w'] });
    expect(links.get('hm-e1')).toEqual({ blockedBy: [], blocks: [] });
  });

  test('dependencies: list, tree and circles', async () => {
    const { lists, failures } = await listDependencies(ctx, ['a', 'nope']);
    expect(failures).toHaveLength(1);
    expect(lists[0]?.links.map(({ id }) => id)).toEqual(['hm-b', 'hm-c', 'hm-e1.1']);
    expect(lists[0]?.elsewhere.map((each) => each.depends_on_id)).toEqual(['external:other:9']);
    const up = await listDependencies(ctx, ['c'], { direction: 'up', type: 'blocks' });
    expect(up.lists[0]?.links.map(({ id }) => id)).toEqual(['hm-a', 'hm-b', 'hm-w']);

    const shape = async (id: string, options = {}) =>
      (await dependencyTree(ctx, id, options)).nodes.map(
        (node) => `${'  '.repeat(node.depth)}${node.id} ${node.edge_from_parent ?? ''}`,
      );
    expect(await shape('hm-a')).toEqual([
      'hm-a ',
      '  hm-b blocks',
      '    hm-c blocks',
      '      hm-e2.1 blocks',
      '        hm-e2 parent-child',
      '    hm-w related',
      '  hm-e1.1 related',
      '    hm-e1 parent-child',
    ]);
    expect(await shape('hm-b', { direction: 'up' })).toEqual(['hm-b ', '  hm-a blocks']);
    expect(await shape('hm-b', { direction: 'both', maxDepth: 1 })).toEqual([
      'hm-b ',
      '  hm-c blocks',
      '  hm-w related',
      '  hm-a blocks',
    ]);
    expect(await shape('hm-a', { status: 'closed' })).toEqual([
      'hm-a ',
      '  hm-b blocks',
      '    hm-c blocks',
      '      hm-e2.1 blocks',
      '  hm-e1.1 related',
    ]);
    const deep = await dependencyTree(ctx, 'hm-b', { maxDepth: 1, direction: 'down' });
    expect(deep.nodes.map((node) => [node.id, node.truncated])).toEqual([
      ['hm-b', false],
      ['hm-c', true],
      // What it depends on has been shown.
      ['hm-w', false],
    ]);
    expect(deep.blocked).toBe(true);
    const circle = await dependencyTree(ctx, 'hm-x', { allPaths: true });
    expect(circle.nodes.map((node) => [node.id, node.truncated])).toEqual([
      ['hm-x', false],
      ['hm-y', false],
      ['hm-x', true],
    ]);
    expect((await dependencyCycles(ctx)).map(idsOf)).toEqual([['hm-x', 'hm-y']]);
  });

  test('epics, stale issues, lint, labels, comments, threads', async () => {
    expect(await epicStatuses(ctx)).toMatchObject([
      { epic: { id: 'hm-e1' }, total_children: 3, closed_children: 1, eligible_for_close: false },
      { epic: { id: 'hm-e2' }, total_children: 1, closed_children: 1, eligible_for_close: true },
    ]);
    expect(await epicStatuses(ctx, { eligibleOnly: true })).toHaveLength(1);
    expect(idsOf(await staleIssues(ctx, { days: 100 }))).toEqual(['hm-c']);
    expect(idsOf(await staleIssues(ctx, { days: 10, status: 'in_progress' }))).toEqual(['hm-e1.10']);
    await expect(staleIssues(ctx, { days: 0 })).rejects.toMatchObject({ message: '--days must be at least 1' });
    const lint = await lintIssues(ctx, { ids: ['hm-a', 'hm-b', 'hm-c', 'hm-e1'] });
    expect(lint).toMatchObject({ total: 3, issues: 2, checked: 4 });
    expect(lint.results.map(({ id, missing }) => [id, missing.length])).toEqual([
      ['hm-a', 2],
      ['hm-e1', 1],
    ]);
    expect((await lintIssues(ctx, { type: 'epic' })).results.map(({ id }) => id)).toEqual(['hm-e1', 'hm-e2']);
    expect(await labelsOf(ctx, 'a')).toEqual({ id: 'hm-a', labels: ['api', 'ui'] });
    expect(await allLabels(ctx)).toEqual([
      { label: 'api', count: 1 },
      { label: 'ui', count: 3 },
    ]);
    expect((await commentsOf(ctx, 'hm-a')).comments).toHaveLength(2);
    expect(idsOf(await readThread(ctx, 'hm-m1'))).toEqual(['hm-m1', 'hm-m2']);
    expect(await currentIssue(ctx)).toBe('hm-e1.10');
    await expect(currentIssue({ ...ctx, actor: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('the signal of change differs after a change of an issue or a wisp', async () => {
    const seen = new Set([await changeSignal(ctx.db), await changeSignal(ctx.db)]);
    expect(seen.size).toBe(1);
    await beads.db.execute("UPDATE issues SET notes = 'n' WHERE id = 'hm-a'");
    seen.add(await changeSignal(ctx.db));
    await beads.db.execute("UPDATE wisps SET notes = 'n' WHERE id = 'hm-w'");
    seen.add(await changeSignal(ctx.db));
    expect(seen.size).toBe(3);
  });

  test('a database without the tables of wisps, and without a prefix, can be read', async () => {
    for (const table of ['wisps', 'wisp_labels', 'wisp_dependencies', 'wisp_comments', 'wisp_events']) {
      await beads.db.execute(`DROP TABLE ${table}`);
    }
    await beads.db.execute("DELETE FROM config WHERE `key` = 'issue_prefix'");
    expect((await listIssues(ctx, { all: true, limit: 0 })).issues).toHaveLength(13);
    expect((await readyWork(ctx)).issues).toHaveLength(4);
    expect(idsOf((await showIssues(ctx, ['hm-b'])).issues)).toEqual(['hm-b']);
  });
});
