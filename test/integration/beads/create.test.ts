import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findIssue, reloadIssues } from '../../../src/beads/lookup.ts';
import { createIssue, createIssues, previewIssue } from '../../../src/beads/operations/create.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from './beads-under-test.ts';

describe.each(DRIVERS)('create, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsUnderTest['ctx'];

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = beads.ctx;
  });

  afterAll(() => beads?.dispose());

  test('writes the row that the Go bd would', async () => {
    const issue = await createIssue(ctx, {
      title: 'First',
      issue_type: 'feat',
      priority: 0,
      metadata: { b: 1, a: 'x' },
    });
    expect(issue.id).toMatch(/^hm-[0-9a-z]{3}$/);
    expect(Object.keys(issue)).not.toContain('description');
    const [row] = await ctx.db.query('SELECT *, CAST(metadata AS CHAR) AS text FROM issues WHERE id = ?', [issue.id]);
    expect(row).toMatchObject({
      title: 'First',
      description: '',
      design: '',
      acceptance_criteria: '',
      notes: '',
      status: 'open',
      priority: 0,
      issue_type: 'feature',
      created_by: 'alice',
      owner: 'alice@example.com',
      spec_id: '',
      compaction_level: 0,
      work_type: '',
      text: '{"a": "x", "b": 1}',
      ephemeral: 0,
      waiters: '',
      source_repo: '',
    });
    for (const column of ['assignee', 'external_ref', 'closed_at', 'started_at', 'estimated_minutes']) {
      expect(row).not.toHaveProperty(column);
    }
    expect(String(row?.['content_hash'])).toMatch(/^[0-9a-f]{64}$/);
    const events = await ctx.db.query('SELECT * FROM events WHERE issue_id = ?', [issue.id]);
    expect(events).toMatchObject([{ event_type: 'created', actor: 'alice', old_value: '', new_value: '' }]);
    expect((await findIssue(ctx.db, issue.id)).issue).toEqual({ ...issue, metadata: { a: 'x', b: 1 } });
  });

  test('keeps every text field as it was given', async () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        "it's",
        'a "quote"',
        '\\',
        "\\'; DROP TABLE issues; --",
        'a\0b',
        'line\nline\r\n\ttab',
        '😀 é 𐍈',
        '{"json": [1, null]}',
        'null',
        '2026-01-02 03:04:05',
        '1e5',
        ' blank ',
        '? ?? :name @x',
        '\x1a\x08',
        '-- comment',
        '/* */ #',
      ),
    );
    const fields = fc.record({
      title: nasty.filter((text) => text.trim() !== ''),
      description: nasty,
      design: nasty,
      acceptance_criteria: nasty,
      notes: nasty,
      spec_id: nasty,
      assignee: nasty,
      external_ref: nasty,
      source_system: nasty,
      payload: nasty,
      target: nasty,
      await_id: nasty,
      metadata: fc.dictionary(nasty, nasty, { noNullPrototype: true, maxKeys: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { minLength: 1, maxLength: 20 }), async (inputs) => {
        const created = await createIssues(ctx, inputs);
        const read = await reloadIssues(
          ctx.db,
          created.map(({ id }) => id),
        );
        expect(read).toEqual(created);
        created.forEach((issue, index) => {
          for (const [field, value] of Object.entries(inputs[index] ?? {})) {
            expect(issue[field as keyof typeof issue] ?? (field === 'metadata' ? {} : '')).toEqual(value);
          }
        });
      }),
      { numRuns: 8 },
    );
  });

  test('refuses a text that is longer than any may be', async () => {
    await expect(createIssue(ctx, { title: 'Too long', notes: 'y'.repeat(10_485_761) })).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'notes is 10485761 bytes long; at most 10485760 fit',
    });
  });

  test('makes children with numbers that no child had', async () => {
    const parent = await createIssue(ctx, { title: 'Epic', issue_type: 'epic', labels: ['ui', 'api'] });
    const first = await createIssue(ctx, { title: 'One', parent: parent.id, labels: ['own'] });
    const [second, third] = await createIssues(ctx, [
      { title: 'Two', parent: parent.id, inherit_labels: false },
      { title: 'Three', parent: parent.id.slice(3) },
    ]);
    expect([first.id, second?.id, third?.id]).toEqual([1, 2, 3].map((number) => `${parent.id}.${number}`));
    await ctx.db.execute('DELETE FROM issues WHERE id = ?', [third?.id ?? '']);
    expect((await createIssue(ctx, { title: 'Four', parent: parent.id })).id).toBe(`${parent.id}.4`);
    const read = await reloadIssues(ctx.db, [first.id, second?.id ?? '']);
    expect(read.map(({ labels }) => labels)).toEqual([['api', 'own', 'ui'], undefined]);
    const edges = await ctx.db.query(
      "SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type = 'parent-child'",
      [parent.id],
    );
    expect(edges).toHaveLength(3);
  });

  test('nests no deeper than hierarchy.max-depth', async () => {
    let parent = await createIssue(ctx, { title: 'Top' });
    for (const title of ['1', '2', '3']) parent = await createIssue(ctx, { title, parent: parent.id });
    await expect(createIssue(ctx, { title: '4', parent: parent.id })).rejects.toThrow(
      `maximum hierarchy depth (3) exceeded for parent ${parent.id}`,
    );
    const deeper = contextOf(ctx.db, { setting: (key) => (key === 'hierarchy.max-depth' ? '4' : undefined) });
    expect((await createIssue(deeper, { title: '4', parent: parent.id })).id).toBe(`${parent.id}.1`);
  });

  test('an id given by hand must be new and ours', async () => {
    expect((await createIssue(ctx, { title: 'Mine', id: 'hm-mine' })).id).toBe('hm-mine');
    await expect(createIssue(ctx, { title: 'Other', id: 'hm-mine' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect((await findIssue(ctx.db, 'hm-mine')).issue.title).toBe('Mine');
    await expect(createIssue(ctx, { title: 'X', id: 'zz-1' })).rejects.toThrow(/^prefix mismatch: database uses 'hm-'/);
    expect((await createIssue(ctx, { title: 'X', id: 'zz-1', force: true })).id).toBe('zz-1');
    await expect(createIssue(ctx, { title: 'X', id: 'bad' })).rejects.toThrow(/^invalid ID format 'bad'/);
  });

  test('links the new issue as --deps say', async () => {
    const [a, b, c] = await createIssues(ctx, [{ title: 'A' }, { title: 'B' }, { title: 'C' }]);
    const issue = await createIssue(ctx, {
      title: 'Linked',
      dependencies: [
        { type: 'blocks', id: a?.id ?? '' },
        { type: 'blocks', id: b?.id ?? '', inverted: true },
        { type: 'discovered-from', id: 'external:other:capability' },
        { type: 'related', id: 'zz-far1' },
      ],
      waits_for: c?.id ?? '',
      waits_for_gate: 'any-children',
    });
    const edges = await ctx.db.query(
      'SELECT issue_id, depends_on_id, type, CAST(metadata AS CHAR) AS m, created_by FROM dependencies WHERE issue_id = ? OR depends_on_id = ? ORDER BY type, depends_on_id',
      [issue.id, issue.id],
    );
    expect(edges.map(({ issue_id, depends_on_id, type, m }) => [issue_id, depends_on_id, type, m])).toEqual(
      [
        [issue.id, a?.id, 'blocks', '{}'],
        [b?.id, issue.id, 'blocks', '{}'],
        [issue.id, 'external:other:capability', 'discovered-from', '{}'],
        [issue.id, 'zz-far1', 'related', '{}'],
        [issue.id, c?.id, 'waits-for', '{"gate": "any-children"}'],
      ].sort((x, y) => `${x[2]}${x[1]}`.localeCompare(`${y[2]}${y[1]}`, 'en')),
    );
  });

  test('writes nothing when one part of it cannot be', async () => {
    const [a, b] = await createIssues(ctx, [{ title: 'A' }, { title: 'B', issue_type: 'epic' }]);
    const before = await rowCounts();
    const tries: [Parameters<typeof createIssue>[1], string][] = [
      [{ title: ' ' }, 'title required'],
      [{ title: 'x'.repeat(501) }, 'title must be 500 characters or less (got 501)'],
      [{ title: 'T', issue_type: 'nope' }, 'validation failed for issue : invalid issue type: nope'],
      [{ title: 'T', priority: 9 }, 'invalid priority "9" (expected 0-4 or P0-P4'],
      [{ title: 'T', parent: 'hm-nope' }, 'parent issue hm-nope not found'],
      [{ title: 'T', dependencies: [{ type: 'blocks', id: 'hm-nope' }] }, 'no issue found matching "hm-nope"'],
      [
        { title: 'T', dependencies: [{ type: 'blocks', id: b?.id ?? '' }] },
        'epics can only block other epics, not tasks',
      ],
      [
        {
          title: 'T',
          dependencies: [
            { type: 'blocks', id: a?.id ?? '' },
            { type: 'conditional-blocks', id: a?.id ?? '' },
          ],
        },
        'already exists with type "blocks" (requested "conditional-blocks")',
      ],
      [{ title: 'T', labels: ['provides:x'] }, 'reserved'],
      [{ title: 'T', metadata: [1] }, 'metadata must be a JSON object'],
    ];
    for (const [input, message] of tries) await expect(createIssue(ctx, input)).rejects.toThrow(message);
    await expect(createIssues(ctx, [{ title: 'Good' }, { title: 'Bad', parent: 'hm-nope' }])).rejects.toThrow();
    expect(await rowCounts()).toEqual(before);
  });

  test('finds a cycle through edges that point to the new issue', async () => {
    const [a, b] = await createIssues(ctx, [{ title: 'A' }, { title: 'B' }]);
    await ctx.db.execute("INSERT INTO dependencies (issue_id, depends_on_id, created_by) VALUES (?, ?, 'x')", [
      a?.id ?? '',
      b?.id ?? '',
    ]);
    const cycle = createIssue(ctx, {
      title: 'Between',
      dependencies: [
        { type: 'blocks', id: a?.id ?? '' },
        { type: 'blocks', id: b?.id ?? '', inverted: true },
      ],
    });
    await expect(cycle).rejects.toThrow('adding dependency would create a cycle');
  });

  test('keeps ephemeral issues and those of Gas Town out of the history', async () => {
    const wisps = await createIssues(ctx, [
      { title: 'E', ephemeral: true, wisp_type: 'ping', labels: ['w'] },
      { title: 'N', no_history: true },
      { title: 'M', issue_type: 'message' },
    ]);
    for (const { id } of wisps) expect(id).toMatch(/^hm-wisp-[0-9a-z]{3}$/);
    const rows = await ctx.db.query('SELECT ephemeral FROM wisps WHERE id IN (?, ?, ?) ORDER BY title', [
      ...wisps.map(({ id }) => id),
    ]);
    expect(rows.map((row) => row['ephemeral'])).toEqual([1, 1, 0]);
    expect(await ctx.db.query('SELECT event_type FROM wisp_events')).toHaveLength(4);
    expect(await ctx.db.query('SELECT label FROM wisp_labels')).toEqual([{ label: 'w' }]);
  });

  test('counts in counter mode', async () => {
    await ctx.db.execute("INSERT INTO config VALUES ('issue_id_mode', 'counter')");
    // A prefix of its own: a hash id may be a number as well.
    await ctx.db.execute("UPDATE config SET value = 'no' WHERE `key` = 'issue_prefix'");
    await createIssue(ctx, { title: 'X', id: 'no-41' });
    await createIssue(ctx, { title: 'X', id: 'no-43' });
    const made = await createIssues(ctx, [{ title: 'a' }, { title: 'b' }]);
    expect(made.map(({ id }) => id)).toEqual(['no-44', 'no-45']);
    await createIssue(ctx, { title: 'X', id: 'no-46' });
    expect((await createIssue(ctx, { title: 'c' })).id).toBe('no-47');
    await ctx.db.execute("DELETE FROM config WHERE `key` = 'issue_id_mode'");
    await ctx.db.execute("UPDATE config SET value = 'hm' WHERE `key` = 'issue_prefix'");
  });

  test('previews without writing', async () => {
    const before = await rowCounts();
    const issue = await previewIssue(ctx, { title: 'Dry', priority: 1 });
    expect(issue).toMatchObject({ id: '', title: 'Dry', priority: 1, created_at: '0001-01-01T00:00:00Z' });
    expect(await rowCounts()).toEqual(before);
  });

  test('is refused in read-only mode', async () => {
    await expect(createIssue(contextOf(ctx.db, { readonly: true }), { title: 'T' })).rejects.toMatchObject({
      code: 'READ_ONLY',
      message: "operation 'create' is not allowed in read-only mode",
    });
  });

  async function rowCounts() {
    const counts: unknown[] = [];
    for (const table of ['issues', 'wisps', 'events', 'labels', 'dependencies', 'child_counters']) {
      counts.push((await ctx.db.query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.['n']);
    }
    return counts;
  }

  test('tells times as they are kept, and the id first', async () => {
    const { id } = await createIssue(ctx, { title: 'T' });
    const created = await createIssue(ctx, {
      title: 'Due',
      description: 'd',
      due_at: '2030-01-02T03:04:05.678+01:00',
      defer_until: '2030-01-02T03:04:05.999Z',
      dependencies: [{ type: 'related', id }],
    });
    expect(created).toMatchObject({ due_at: '2030-01-02T02:04:05Z', defer_until: '2030-01-02T03:04:05Z' });
    expect(Object.keys(created)[0]).toBe('id');
    const { issue } = await findIssue(ctx.db, created.id);
    expect(issue).toMatchObject({ due_at: created.due_at, defer_until: created.defer_until });
  });
});
