import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IssueFilter, SortKey } from '../../../src/beads/query/filter.ts';
import { readLayers } from '../../../src/beads/query/layers.ts';
import { listIssues } from '../../../src/beads/query/list.ts';
import { readPage } from '../../../src/beads/query/page.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { DRIVERS } from '../database/drivers.ts';
import { naiveList, type StoredIssue } from './naive-list.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const PEOPLE = ['alice', 'bob', "o'brien"];
const LABELS = ['ui', 'api', 'tech-db', '50%', 'a_b', 'äö'];
const TYPES = ['task', 'bug', 'epic', 'gate', 'agent'];
const STATUSES = ['open', 'in_progress', 'closed', 'deferred', 'pinned', 'review', 'done'];
const TITLES = ['Fix the login', 'fix THE logout', '100% done', 'a_b \\ c', '日本語 titel', 'x'];
const TIMES = ['2026-05-01 00:00:00', '2026-05-31 12:00:00', '2026-06-01 11:59:59', '2026-06-01 12:00:00'];
const COUNT = 80;

const issues = makeIssues();

const time = fc.constantFrom(...TIMES).map((text) => new Date(`${text.replace(' ', 'T')}Z`));
const span = fc.oneof(
  fc.record({ after: time }),
  fc.record({ before: time }),
  fc.record({ after: time, before: time }),
);
const some = <T>(values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const ids = issues.map(({ row }) => String(row['id']));
const parts: { [K in keyof IssueFilter]-?: fc.Arbitrary<NonNullable<IssueFilter[K]>> } = {
  statuses: some(STATUSES),
  excludeStatuses: some(STATUSES),
  types: some(TYPES),
  excludeTypes: some(TYPES),
  priorities: some([0, 1, 2, 3, 4]),
  priorityMin: fc.nat(4),
  priorityMax: fc.nat(4),
  assignee: fc.constantFrom(...PEOPLE, 'nobody'),
  unassigned: fc.constant(true),
  labels: some(LABELS),
  labelsAny: some(LABELS),
  excludeLabels: some(LABELS),
  labelPattern: fc.constantFrom('tech-*', '*', 'u?', '50%', 'a?b', 'A*'),
  labelRegex: fc.constantFrom('^tech', 'i$', '[a-b]_'),
  unlabelled: fc.constant(true),
  titleContains: some(['LOGIN', '%', '_', '\\', '日本', 'x']),
  descriptionContains: fc.constantFrom('one', 'TWO', "'"),
  notesContains: fc.constantFrom('note', '%'),
  externalContains: fc.constantFrom('GH-', '9'),
  emptyDescription: fc.constant(true),
  search: fc.constantFrom('hm-', 'HM-1', 'login', 'gh-3', '%'),
  ids: some([...ids.slice(0, 30), 'hm-none']),
  specPrefix: fc.constantFrom('docs/', 'docs/a', '%'),
  parent: fc.constantFrom('hm-0', 'hm-1', 'hm-none'),
  topLevel: fc.constant(true),
  created: span,
  updated: span,
  closed: span,
  due: span,
  deferUntil: span,
  deferred: fc.constant(true),
  awake: fc.constant(true),
  overdue: fc.constant(true),
  pinned: fc.boolean(),
  templates: fc.boolean(),
  ephemeral: fc.boolean(),
  molType: fc.constantFrom('swarm', 'work'),
  wispType: fc.constantFrom('patrol', 'ping'),
  metadata: fc.constantFrom(
    [{ key: 'team', value: 'core' }],
    [{ key: 'size', value: '3' }],
    [{ key: 'a.b', value: 'true' }],
    [
      { key: 'team', value: 'core' },
      { key: 'size', value: '3' },
    ],
    [{ key: 'it"s', value: 'x' }],
  ),
  hasMetadataKey: fc.constantFrom('team', 'a.b', 'nothing', 'empty'),
};
const filter = fc
  .uniqueArray(fc.constantFrom(...(Object.keys(parts) as (keyof IssueFilter)[])), { maxLength: 3 })
  .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, parts[key]])))) as fc.Arbitrary<IssueFilter>;
const sort = fc.constantFrom<SortKey[]>(
  'priority',
  'priority',
  'created',
  'updated',
  'closed',
  'status',
  'id',
  'title',
  'type',
  'assignee',
  'hybrid',
  'oldest',
);

describe.each(DRIVERS)('%s', (mode) => {
  let beads: BeadsDatabase;

  beforeAll(async () => {
    beads = await makeBeadsDatabase(mode);
    for (const wisp of [false, true]) await insertLayer(beads, wisp);
  });
  afterAll(() => beads.dispose());

  test('a page is what a naive filter over the rows finds', { timeout: 300_000 }, async () => {
    const layers = await readLayers(beads.db);
    expect(layers).toHaveLength(2);
    await fc.assert(
      fc.asyncProperty(
        filter,
        sort,
        fc.boolean(),
        fc.constantFrom(0, 1, 5, 200),
        async (wanted, by, reverse, limit) => {
          const page = await readPage(beads.db, layers, { filter: wanted, sort: by, reverse, limit, now: NOW });
          const expected = naiveList(issues, wanted, by, reverse, NOW);
          const found = page.rows.map(({ row }) => String(row['id']));
          expect(found).toEqual(limit === 0 ? expected : expected.slice(0, limit));
          expect(page.more).toBe(limit > 0 && expected.length > limit);
        },
      ),
      { numRuns: mode === 'server' ? 300 : 100 },
    );
  });

  test('ids to skip are passed over, as many as there are', async () => {
    const layers = await readLayers(beads.db);
    const all = naiveList(issues, {}, 'priority', false, NOW);
    for (const skipped of [1, 10, all.length - 1, all.length]) {
      const skip = new Set(all.slice(0, skipped));
      const page = await readPage(beads.db, layers, { filter: {}, sort: 'priority', limit: 2, now: NOW, skip });
      expect(page.rows.map(({ row }) => row['id'])).toEqual(all.slice(skipped, skipped + 2));
    }
  });

  test('a list leaves out what is settled, templates, gates and infrastructure', async () => {
    const ctx = beads.context({
      now: () => NOW,
      setting: (key) => (key === 'status.custom' ? 'review:active,done:done' : undefined),
    });
    const listed = async (options: Parameters<typeof listIssues>[1]) =>
      (await listIssues(ctx, { limit: 0, ...options })).issues.map(({ id }) => id);
    const base: IssueFilter = { excludeStatuses: ['closed', 'pinned', 'done'], pinned: false, templates: false };
    const types = ['gate', 'agent', 'rig', 'role', 'message'];
    const naive = (wanted: IssueFilter) => naiveList(issues, wanted, 'priority', false, NOW);
    expect(await listed({})).toEqual(naive({ ...base, excludeTypes: types }));
    expect(await listed({ includeInfra: true, includeGates: true })).toEqual(naive(base));
    expect(await listed({ all: true })).toEqual(naive({ templates: false, excludeTypes: types }));
    expect(await listed({ filter: { types: ['gate'] } })).toEqual(naive({ ...base, types: ['gate'] }));
    expect(await listed({ filter: { statuses: ['closed'] } })).toEqual(
      naive({ statuses: ['closed'], templates: false, excludeTypes: types }),
    );
    expect(await listed({ filter: { pinned: true } })).toEqual(
      naive({ pinned: true, excludeStatuses: ['closed', 'done'], templates: false, excludeTypes: types }),
    );
    await expect(listIssues(ctx, { filter: { statuses: ['bogus'] } })).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringMatching(/^invalid status "bogus" \(valid: open, .*, hooked, review, done\)$/),
    });
  });

  test('an issue of a list has its labels, dependencies, counts and parent', async () => {
    const ctx = beads.context({ now: () => NOW });
    const { issues: listed } = await listIssues(ctx, { all: true, includeGates: true, includeInfra: true, limit: 0 });
    for (const issue of listed) {
      const stored = issues.find(({ row }) => row['id'] === issue.id);
      expect(issue.labels ?? []).toEqual([...(stored?.labels ?? [])].sort());
      expect(issue.parent).toBe(stored?.parent);
      expect(issue.comment_count).toBe(stored?.comments);
      expect(issue.dependency_count).toBe(stored?.blocks.length);
      expect(issue.dependent_count).toBe(issues.filter(({ blocks }) => blocks.includes(issue.id)).length);
      const targets = [...(stored?.blocks ?? []), ...(stored?.parent ? [stored.parent] : [])].sort();
      expect((issue.dependencies ?? []).map((each) => each.depends_on_id)).toEqual(targets);
    }
  });

  test('a broken regular expression is told as such', async () => {
    await expect(listIssues(beads.context(), { filter: { labelRegex: '(' } })).rejects.toMatchObject({
      code: 'VALIDATION',
    });
  });
});

/** Issues that differ in everything that can be asked for; every third hangs below another. */
function makeIssues(): StoredIssue[] {
  const random = (index: number, salt: number, size: number) =>
    Math.floor(Math.abs(Math.sin(index * 12.9898 + salt * 78.233) * 43758.5453) % size);
  return Array.from({ length: COUNT }, (_, index) => {
    const pick = <T>(salt: number, values: readonly T[]): T => {
      const value = values[random(index, salt, values.length)];
      if (value === undefined) throw new Error('nothing to pick from');
      return value;
    };
    const status = pick(1, STATUSES);
    return {
      wisp: index % 10 === 9,
      labels: LABELS.filter((_label, at) => random(index, 30 + at, 4) === 0),
      parent: index % 3 === 2 ? `hm-${index % 2}` : undefined,
      blocks: index > 40 ? [`hm-${index - 20}`, `hm-${index - 30}`].slice(0, random(index, 40, 3)) : [],
      comments: random(index, 41, 3),
      row: {
        id: `hm-${index}`,
        title: pick(2, TITLES),
        description: pick(3, ['', 'one', "two's"]),
        design: '',
        acceptance_criteria: '',
        notes: pick(4, ['', 'a note 5%']),
        status,
        priority: random(index, 5, 5),
        issue_type: pick(6, TYPES),
        assignee: pick<string | null>(7, [null, '', ...PEOPLE]),
        created_at: pick(8, TIMES),
        updated_at: pick(9, TIMES),
        closed_at: status === 'closed' ? pick(10, TIMES) : null,
        due_at: pick<string | null>(11, [null, ...TIMES]),
        defer_until: pick<string | null>(12, [null, null, ...TIMES]),
        external_ref: pick<string | null>(13, [null, 'gh-3', 'GH-9']),
        spec_id: pick<string | null>(14, [null, '', 'docs/a.md', 'docs/b%.md']),
        pinned: pick(15, [0, 0, 0, 1]),
        is_template: pick(16, [0, 0, 0, 1]),
        ephemeral: index % 10 === 9 ? 1 : 0,
        mol_type: pick(17, ['', 'swarm', 'work']),
        wisp_type: pick(18, ['', 'patrol']),
        metadata: pick(19, [
          '{}',
          '{"team":"core","size":3}',
          '{"a":{"b":true}}',
          '{"a.b":true,"it\\"s":"x"}',
          '{"empty":""}',
        ]),
      },
    };
  });
}

async function insertLayer(beads: BeadsDatabase, wisp: boolean): Promise<void> {
  const prefix = wisp ? 'wisp_' : '';
  const own = issues.filter((issue) => issue.wisp === wisp);
  await insertObjects(
    beads.db,
    wisp ? 'wisps' : 'issues',
    own.map(({ row }) => row),
  );
  const id = (issue: StoredIssue) => String(issue.row['id']);
  await insertObjects(
    beads.db,
    `${prefix}labels`,
    own.flatMap((issue) => issue.labels.map((label) => ({ issue_id: id(issue), label }))),
  );
  await insertObjects(
    beads.db,
    `${prefix}dependencies`,
    own.flatMap((issue) => [
      ...(issue.parent
        ? [{ issue_id: id(issue), depends_on_id: issue.parent, type: 'parent-child', created_by: 'a' }]
        : []),
      ...issue.blocks
        .filter((target) => target !== issue.parent)
        .map((target) => ({ issue_id: id(issue), depends_on_id: target, type: 'blocks', created_by: 'a' })),
    ]),
  );
  await insertObjects(
    beads.db,
    `${prefix}comments`,
    own.flatMap((issue) =>
      Array.from({ length: issue.comments }, (_, at) => ({
        issue_id: id(issue),
        author: 'bob',
        text: `comment ${at}`,
      })),
    ),
  );
}
