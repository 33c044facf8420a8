import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ImportOptions, importIssues } from '../../../src/beads/transfer/import.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { DRIVERS } from '../database/drivers.ts';

describe.each(DRIVERS)('%s', (mode) => {
  let beads: BeadsDatabase;

  beforeAll(async () => {
    beads = await makeBeadsDatabase(mode);
  });
  afterAll(() => beads.dispose());
  beforeEach(() => beads.clear());

  const load = (lines: readonly (object | string)[], options: Partial<ImportOptions> = {}, autoCommit = false) =>
    importIssues(beads.context({ autoCommit }), {
      open: () => bytesOf(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')),
      source: 'issues.jsonl',
      ...options,
    });
  const rows = (sql: string) => beads.db.query(sql);
  const ids = async () => (await rows('SELECT id FROM issues ORDER BY id')).map((row) => row['id']);

  test.each([
    ['{"id": "hm-2", "title":', /^line 4: not JSON/],
    [Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'), /^line 4: not JSON/],
    ['[1]', /^line 4: not a JSON object/],
    [{ id: 'hm-2' }, /^line 4: "title" is missing/],
    [{ title: 'x' }, /^line 4: "id" is missing/],
    [{ id: 'hm-2', title: 7 }, /^line 4: "title" is not a text/],
    [{ id: 'hm-2', title: 'x'.repeat(501) }, /^line 4: title must be 500 characters or less/],
    [{ id: 'hm-2', title: 'x', priority: 5 }, /^line 4: invalid priority "5"/],
    [{ id: 'hm 2', title: 'x' }, /^line 4: "hm 2" is no id/],
    [
      { id: 'hm-2', title: 'x', estimated_minutes: 2 ** 31 },
      /^line 4: "estimated_minutes" is not between 0 and 2147483647/,
    ],
    [{ id: 'hm-2', title: 'x', original_size: -1 }, /^line 4: "original_size" is not between/],
    [{ id: 'hm-2', title: 'x', timeout: 1e300 }, /^line 4: "timeout" is not between/],
    [{ id: 'hm-2', title: 'x', metadata: 'no' }, /^line 4: "metadata" is not a JSON object/],
    [{ id: 'hm-2', title: 'x', metadata: [1] }, /^line 4: "metadata" is not a JSON object/],
    [
      { id: 'hm-2', title: 'x', dependencies: [{ issue_id: 'hm-9', depends_on_id: 'a' }] },
      /^line 4: a dependency of issue "hm-9" is in the line of issue "hm-2"/,
    ],
    [
      { id: 'hm-2', title: 'x', comments: [{ issue_id: 'hm-9', text: 'a' }] },
      /^line 4: a comment of issue "hm-9" is in the line of issue "hm-2"/,
    ],
    [{ id: 'hm-2', title: 'x', created_at: 'yesterday' }, /^line 4: "created_at" is not a time/],
    [{ id: 'hm-2', title: 'x', labels: 'ui' }, /^line 4: "labels" is not a list/],
    [{ id: 'hm-2', title: 'x', dependencies: [{ type: 'blocks' }] }, /^line 4: "depends_on_id" is missing/],
    [{ id: 'hm-2', title: 'x', dependencies: [{ depends_on_id: 'a', metadata: '{' }] }, /^line 4: the metadata of/],
  ])('a line like %j ends the import, and nothing is imported', async (bad, message) => {
    const good = { id: 'hm-1', title: 'Good', labels: ['ui'] };
    const many = Array.from({ length: 600 }, (_, index) => ({ id: `hm-x${index}`, title: 'Many' }));
    await expect(load([good, '', { id: 'hm-3', title: 'Good' }, bad, good])).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringMatching(message),
    });
    await expect(load([...many, '{'])).rejects.toMatchObject({ message: expect.stringMatching(/^line 601: not JSON/) });
    expect(await ids()).toEqual([]);
    expect(await rows('SELECT * FROM labels')).toEqual([]);
  });

  test('bytes that are no UTF-8 are told with their line', async () => {
    async function* bytes() {
      yield Buffer.from('{"id":"hm-1","title":"x"}\n');
      yield Buffer.from([0x22, 0xff, 0x22, 0x0a]);
    }
    await expect(load([], { open: bytes })).rejects.toMatchObject({ message: 'line 2: not UTF-8 text' });
    expect(await ids()).toEqual([]);
  });

  test('an issue of another tool: defaults, old forms, tombstones, unknown keys and a BOM', async () => {
    const result = await load([
      '\ufeff{"id":"hm-1","title":"Bare"}',
      { id: 'hm-2', title: 'Old wisp', wisp: true },
      { id: 'hm-3', title: 'Gone', status: 'tombstone' },
      { _type: 'interaction', id: 'int-1' },
      {
        _type: 'issue',
        id: 'hm-4',
        title: 'Closed',
        status: 'closed',
        updated_at: '2026-01-02T03:04:05.678Z',
        bonded_from: [],
      },
      { id: 'hm-5', title: 'Open', status: 'open', closed_at: '2026-01-02T03:04:05Z', issue_type: 'feat' },
      {
        id: 'hm-6',
        title: 'Commented',
        comments: [{ id: 7, author: 'bob', text: 'hi', created_at: '2026-01-02 03:04:05' }],
      },
      { id: 'hm-7', title: 'An agent', issue_type: 'agent' },
    ]);
    expect(result).toMatchObject({ created: 6, skipped: 2 });
    expect(await rows('SELECT id, status, priority, issue_type FROM issues ORDER BY id')).toEqual([
      { id: 'hm-1', status: 'open', priority: 2, issue_type: 'task' },
      { id: 'hm-4', status: 'closed', priority: 2, issue_type: 'task' },
      { id: 'hm-5', status: 'open', priority: 2, issue_type: 'feature' },
      { id: 'hm-6', status: 'open', priority: 2, issue_type: 'task' },
    ]);
    expect(await rows('SELECT id, ephemeral FROM wisps ORDER BY id')).toEqual([
      { id: 'hm-2', ephemeral: 1 },
      { id: 'hm-7', ephemeral: 1 },
    ]);
    expect(await rows("SELECT closed_at FROM issues WHERE id IN ('hm-4', 'hm-5') ORDER BY id")).toEqual([
      { closed_at: '2026-01-02 03:04:05' },
      {},
    ]);
    expect(await rows('SELECT author, text, created_at FROM comments')).toEqual([
      { author: 'bob', text: 'hi', created_at: '2026-01-02 03:04:05' },
    ]);
  });

  test('a comment without an id of its own is the same one when it comes again', async () => {
    const line = {
      id: 'hm-1',
      title: 'x',
      comments: [{ id: 7, author: 'bob', text: 'hi', created_at: '2026-01-02T03:04:05Z' }],
    };
    await load([line]);
    await load([line]);
    expect(await rows('SELECT text FROM comments')).toHaveLength(1);
  });

  test('an issue that is there gets the fields of the file; what hangs on it is added to', async () => {
    await load([
      {
        id: 'hm-1',
        title: 'Before',
        description: 'old',
        due_at: '2026-01-01T00:00:00Z',
        labels: ['a'],
        dependencies: [
          { depends_on_id: 'hm-2', type: 'related' },
          { depends_on_id: 'hm-9', type: 'blocks' },
        ],
      },
      { id: 'hm-2', title: 'Second', created_at: '2026-01-01T00:00:00Z' },
    ]);
    await beads.db.execute("UPDATE issues SET source_repo = 'kept' WHERE id = 'hm-1'");
    const result = await load([
      {
        id: 'hm-1',
        title: 'After',
        labels: ['b'],
        dependencies: [
          { depends_on_id: 'hm-2', type: 'blocks', created_by: 'bob', thread_id: 't1', metadata: '{"k":1}' },
        ],
      },
      { id: 'hm-2', title: 'Second', status: 'open' },
    ]);
    expect(result).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
    expect(await rows("SELECT title, description, due_at, source_repo FROM issues WHERE id = 'hm-1'")).toEqual([
      { title: 'After', description: 'old', due_at: '2026-01-01 00:00:00', source_repo: 'kept' },
    ]);
    expect(await rows("SELECT created_at FROM issues WHERE id = 'hm-2'")).toEqual([
      { created_at: '2026-01-01 00:00:00' },
    ]);
    expect(await rows('SELECT label FROM labels ORDER BY label')).toEqual([{ label: 'a' }, { label: 'b' }]);
    expect(
      await rows(
        'SELECT depends_on_id, type, created_by, metadata, thread_id FROM dependencies ORDER BY depends_on_id',
      ),
    ).toEqual([
      { depends_on_id: 'hm-2', type: 'blocks', created_by: 'bob', metadata: { k: 1 }, thread_id: 't1' },
      { depends_on_id: 'hm-9', type: 'blocks', created_by: '', metadata: {}, thread_id: '' },
    ]);
  });

  test('what a line lacks stays; what it says is empty is cleared; a closed issue stays closed', async () => {
    const whole = {
      id: 'hm-1',
      title: 'Whole',
      description: 'long',
      notes: 'kept',
      status: 'closed',
      priority: 0,
      issue_type: 'bug',
      assignee: 'bob',
      estimated_minutes: 5,
      created_at: '2026-01-01T00:00:00Z',
      created_by: 'carol',
      updated_at: '2026-01-02T00:00:00Z',
      closed_at: '2026-01-03T00:00:00Z',
      close_reason: 'done',
      closed_by_session: 's1',
      pinned: true,
      metadata: { k: 1 },
    };
    const columns = `title, description, notes, status, priority, issue_type, assignee, estimated_minutes, created_at,
      created_by, updated_at, closed_at, close_reason, closed_by_session, pinned, metadata`;
    const row = async () => (await rows(`SELECT ${columns} FROM issues`))[0];
    await load([whole]);
    const before = await row();
    expect(await load([{ _type: 'issue', id: 'hm-1', title: 'Whole' }])).toMatchObject({ unchanged: 1 });
    expect(await row()).toEqual(before);
    const nothing = { status: null, priority: null, issue_type: '', updated_at: '0001-01-01T00:00:00Z' };
    await load([{ id: 'hm-1', title: 'New', ...nothing, created_by: 'eve', created_at: '2020-01-01T00:00:00Z' }]);
    expect(await row()).toEqual({ ...before, title: 'New' });
    await load([{ id: 'hm-1', title: 'New', description: '', assignee: null, metadata: {}, pinned: false }]);
    const { assignee: _assignee, ...rest } = { ...before };
    const cleared = { ...rest, title: 'New', description: '', metadata: {}, pinned: 0 };
    expect(await row()).toEqual(cleared);
    await load([{ id: 'hm-1', title: 'New', status: 'open' }]);
    const open = { ...cleared, closed_at: undefined, status: 'open', close_reason: '', closed_by_session: '' };
    expect(await row()).toEqual(open);
    await load([{ id: 'hm-1', title: 'New', status: 'closed', closed_at: '2026-02-03T00:00:00Z' }]);
    expect(await row()).toMatchObject({ status: 'closed', closed_at: '2026-02-03 00:00:00' });
  });

  test('comments keep their ids; one that another issue has, and a number, become ids of their own', async () => {
    const comment = (id: string | number) => ({ id, author: 'bob', text: `${id}`, created_at: '2026-01-02T03:04:05Z' });
    const lines = [
      { id: 'hm-1', title: 'One', comments: [comment('c1'), comment(7)] },
      { id: 'hm-2', title: 'Two', comments: [comment('c1'), comment('x-2')] },
    ];
    await load(lines);
    const all = () => rows('SELECT issue_id, text, id FROM comments ORDER BY issue_id, text');
    const first = await all();
    const own = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(first).toEqual([
      { issue_id: 'hm-1', text: '7', id: own },
      { issue_id: 'hm-1', text: 'c1', id: 'c1' },
      { issue_id: 'hm-2', text: 'c1', id: own },
      { issue_id: 'hm-2', text: 'x-2', id: 'x-2' },
    ]);
    await load(lines);
    expect(await all()).toEqual(first);
  });

  test('an issue that blocks itself, and a circle, are imported as they are and told', async () => {
    const blocks = (id: string, ...targets: string[]) => ({
      id,
      title: id,
      dependencies: targets.map((target) => ({ depends_on_id: target, type: 'blocks' })),
    });
    const result = await load([
      blocks('hm-1', 'hm-1'),
      blocks('hm-2', 'hm-3'),
      blocks('hm-3', 'hm-2'),
      blocks('hm-4', 'hm-1'),
    ]);
    expect(result.cycles).toEqual([['hm-1'], ['hm-2', 'hm-3']]);
    expect((await load([blocks('hm-5', 'hm-4')])).cycles).toEqual([]);
    expect(await rows('SELECT issue_id FROM dependencies')).toHaveLength(5);
  });

  test('the last line about an issue wins, and two kinds of one dependency leave the one that blocks', async () => {
    const result = await load([
      { id: 'hm-1', title: 'First' },
      {
        id: 'hm-1',
        title: 'Last',
        dependencies: [
          { depends_on_id: 'hm-2', type: 'related' },
          { depends_on_id: 'hm-2', type: 'blocks' },
          { depends_on_id: 'hm-2', type: 'parent-child' },
        ],
      },
    ]);
    expect(result).toMatchObject({ created: 1, updated: 1 });
    expect(await rows('SELECT title FROM issues')).toEqual([{ title: 'Last' }]);
    expect(await rows('SELECT type FROM dependencies')).toEqual([{ type: 'blocks' }]);
  });

  test('child counters never fall behind the children', async () => {
    await insertObjects(beads.db, 'child_counters', [
      { parent_id: 'hm-1', last_child: 9 },
      { parent_id: 'hm-2', last_child: 1 },
    ]);
    await load(['hm-1.3', 'hm-2.12', 'hm-2.4', 'hm-3.1.2', 'hm-v1.0x', 'hm-4'].map((id) => ({ id, title: id })));
    expect(await rows('SELECT parent_id, last_child FROM child_counters ORDER BY parent_id')).toEqual([
      { parent_id: 'hm-1', last_child: 9 },
      { parent_id: 'hm-2', last_child: 12 },
      { parent_id: 'hm-3.1', last_child: 2 },
    ]);
  });

  test('--dry-run counts and writes nothing; --dedup passes over known titles', async () => {
    await load([
      { id: 'hm-1', title: 'Known' },
      { id: 'hm-2', title: 'Done', status: 'closed' },
    ]);
    const lines = [
      { id: 'hm-1', title: 'Known', priority: 0 },
      { id: 'hm-3', title: 'Known' },
      { id: 'hm-4', title: 'Done' },
      { id: 'hm-5', title: 'New' },
      { id: 'hm-6', title: 'New' },
    ];
    const counted = await load(lines, { dryRun: true, dedup: true });
    expect(counted).toMatchObject({ created: 2, updated: 1, dedupSkipped: 2 });
    expect(await ids()).toEqual(['hm-1', 'hm-2']);
    expect(await load(lines, { dedup: true })).toEqual(counted);
    expect(await ids()).toEqual(['hm-1', 'hm-2', 'hm-4', 'hm-5']);
    await expect(
      importIssues(beads.context({ readonly: true }), { open: () => bytesOf('{}'), source: 'x' }),
    ).rejects.toMatchObject({ code: 'READ_ONLY' });
  });

  test('one Dolt commit for an import, none where nothing changed; statuses that nobody knows are told', async () => {
    const heads = async () =>
      (await rows('SELECT message FROM dolt_log ORDER BY commit_order DESC')).map((row) => row['message']);
    const before = await heads();
    const lines = [
      { id: 'hm-1', title: 'One', status: 'review' },
      { id: 'hm-2', title: 'Two', labels: ['x'] },
      { _type: 'memory', key: 'k', value: 'v' },
    ];
    const result = await load(lines, {}, true);
    expect(result.unknownStatuses).toEqual(['review']);
    expect(await heads()).toEqual(['bd import: 2 issues, 1 memories from issues.jsonl', ...before]);
    expect(await rows('SELECT * FROM dolt_status')).toEqual([]);
    expect(await rows("SELECT value FROM config WHERE `key` = 'kv.memory.k'")).toEqual([{ value: 'v' }]);
    await load(lines, {}, true);
    expect(await heads()).toHaveLength(before.length + 1);
    expect(await rows('SELECT event_type, actor FROM events')).toEqual([
      { event_type: 'created', actor: 'alice' },
      { event_type: 'created', actor: 'alice' },
    ]);
  });
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
