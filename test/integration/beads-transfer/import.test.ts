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
      { title: 'After', description: '', source_repo: 'kept' },
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
