import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { runBatch } from '../../../src/beads/operations/batch.ts';
import { parseBatch } from '../../../src/beads/operations/batch-script.ts';
import { closeIssues } from '../../../src/beads/operations/close.ts';
import { addComment } from '../../../src/beads/operations/comments.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { createGraph } from '../../../src/beads/operations/create-graph.ts';
import { deleteIssues } from '../../../src/beads/operations/delete.ts';
import { addDependencies } from '../../../src/beads/operations/dependencies.ts';
import { editIssue } from '../../../src/beads/operations/edit.ts';
import { parseGraphPlan } from '../../../src/beads/operations/graph-plan.ts';
import { addLabel } from '../../../src/beads/operations/labels.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { together } from '../../../src/beads/write/write.ts';
import { ask, type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from './beads-under-test.ts';

interface Commit {
  message: string;
  committer: string;
  email: string;
}

describe.each(DRIVERS)('Dolt commits, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsContext;
  let beadsDir: string;

  beforeAll(async () => {
    beads = await makeBeads(mode);
    beadsDir = mkdtempSync(join(tmpdir(), 'gt-beads-dir-'));
    ctx = contextOf(beads.ctx.db, { autoCommit: true, beadsDir });
  });

  afterAll(async () => {
    await beads?.dispose();
    rmSync(beadsDir, { recursive: true, force: true });
  });

  // The server is asked with a plain connection; embedded there is no other way in than ours.
  const rows = async (sql: string) => (mode === 'server' ? ask(beads, sql) : ctx.db.query(sql));
  const log = async (): Promise<Commit[]> =>
    (await rows('SELECT message, committer, email FROM dolt_log')).map((row) => ({
      message: String(row['message']),
      committer: String(row['committer']),
      email: String(row['email']),
    }));
  const status = async () => (await rows('SELECT table_name FROM dolt_status')).map((row) => row['table_name']);
  const newCommits = async (work: () => Promise<unknown>) => {
    const before = (await log()).length;
    await work();
    const after = await log();
    return after.slice(0, after.length - before);
  };

  test('one for one command, by the author, with actor and ids', async () => {
    let id = '';
    const created = await newCommits(async () => {
      ({ id } = await createIssue(ctx, { title: 'T', labels: ['l'], dependencies: [{ type: 'related', id: 'zz-1' }] }));
    });
    expect(created).toEqual([{ message: `bd: create ${id} by alice`, committer: 'Alice', email: 'alice@example.com' }]);
    expect(await status()).toEqual([]);
    const other = await createIssue(ctx, { title: 'Other' });
    const steps: [() => Promise<unknown>, string][] = [
      [() => updateIssues(ctx, [id], { priority: 0, add_labels: ['m'] }), `bd: update ${id} by alice`],
      [() => updateIssues(ctx, [id], { claim: true }), `bd: claim ${id} by alice`],
      [() => addLabel(ctx, [id, other.id], 'x'), `bd: label added 'x' on ${id} ${other.id} by alice`],
      [() => addComment(ctx, id, 'c'), `bd: comment ${id} by alice`],
      [
        () => addDependencies(ctx, [{ issue: id, dependsOn: other.id }]),
        `dependency: add blocks ${id} -> ${other.id} by alice`,
      ],
      [() => closeIssues(ctx, [id], { force: true }), `bd: close ${id} by alice`],
      [() => deleteIssues(ctx, [id], { force: true }), `bd: delete ${id} by alice`],
    ];
    for (const [work, message] of steps) {
      expect((await newCommits(work)).map((commit) => commit.message)).toEqual([message]);
      expect(await status()).toEqual([]);
    }
  });

  test('none where nothing changed, none for wisps', async () => {
    const { id } = await createIssue(ctx, { title: 'Same', labels: ['l'] });
    const commits = await newCommits(async () => {
      await updateIssues(ctx, [id], { title: 'Same', add_labels: ['l'] });
      await addLabel(ctx, [id], 'l');
      const wisp = await createIssue(ctx, { title: 'W', ephemeral: true });
      await updateIssues(ctx, [wisp.id], { priority: 0 });
      await addComment(ctx, wisp.id, 'c');
      await closeIssues(ctx, [wisp.id]);
    });
    expect(commits).toEqual([]);
  });

  test('none with auto-commit off: the rows are there, uncommitted', async () => {
    const off = contextOf(ctx.db);
    const commits = await newCommits(() => createIssue(off, { title: 'Off' }));
    expect(commits).toEqual([]);
    expect(await status()).toEqual(['events', 'issues']);
    await ctx.db.query("CALL DOLT_COMMIT('-Am', 'checkpoint')");
  });

  test('take the tables that were written and leave others alone', async () => {
    await ctx.db.execute("INSERT INTO config VALUES ('foreign', '1')");
    await ctx.db.execute("INSERT INTO routes (prefix, path) VALUES ('zz', '../zz')");
    const commits = await newCommits(() => createIssue(ctx, { title: 'Mine' }));
    expect(commits).toHaveLength(1);
    expect([...(await status())].sort()).toEqual(['config', 'routes']);
    await ctx.db.query("CALL DOLT_COMMIT('-Am', 'foreign')");
  });

  test('one for a batch, which is all or nothing', async () => {
    const { id } = await createIssue(ctx, { title: 'Target' });
    const script = `create bug 0 From batch\nupdate ${id} priority=0\nlabel add ${id} b\nclose ${id} done here\n`;
    let made = '';
    const commits = await newCommits(async () => {
      const results = await runBatch(ctx, parseBatch(script, new Date()));
      made = results[0]?.id ?? '';
      expect(results.map((result) => result.verb)).toEqual(['create', 'update', 'label add', 'close']);
    });
    expect(commits.map(({ message }) => message)).toEqual([
      `bd: batch: create ${made}, update ${id}, label added 'b' on ${id}, close ${id} by alice`,
    ]);
    const failing = runBatch(ctx, parseBatch(`create bug 0 Never\nreopen ${id}\nclaim hm-nope\n`, new Date()));
    await expect(failing).rejects.toThrow('line 3: resolving hm-nope: no issue found matching "hm-nope"');
    expect(await ctx.db.query("SELECT id FROM issues WHERE title = 'Never'")).toEqual([]);
    expect(await ctx.db.query('SELECT status FROM issues WHERE id = ?', [id])).toEqual([{ status: 'closed' }]);
    expect(await status()).toEqual([]);
  });

  test('operations of one write see what earlier ones did', async () => {
    const commits = await newCommits(() =>
      together(ctx, 'test', async (inner) => {
        const issue = await createIssue(inner, { title: 'Inner' });
        await updateIssues(inner, [issue.id], { status: 'in_progress' });
        await closeIssues(inner, [issue.id]);
        await deleteIssues(inner, [issue.id], { force: true });
        expect(await inner.db.query('SELECT 1 AS one FROM issues WHERE id = ?', [issue.id])).toEqual([]);
      }),
    );
    // It came and went within one transaction: there is nothing to commit.
    expect(commits).toEqual([]);
  });

  test('a graph is one commit with its own message', async () => {
    const plan = {
      commit_message: 'plan: auth',
      nodes: [
        { key: 'epic', title: 'Auth', type: 'epic' },
        { key: 'a', title: 'A', parent_key: 'epic', labels: ['x'], metadata_refs: { epic: 'epic' } },
        { key: 'b', title: 'B', parent_key: 'epic', priority: 0 },
      ],
      edges: [{ from_key: 'b', to_key: 'a' }],
    };
    let ids: Record<string, string> = {};
    const commits = await newCommits(async () => {
      ({ ids } = await createGraph(ctx, parseGraphPlan(JSON.stringify(plan))));
    });
    expect(commits.map(({ message }) => message)).toEqual(['plan: auth']);
    const edges = await ctx.db.query(
      'SELECT issue_id, depends_on_id, type FROM dependencies WHERE issue_id IN (?, ?) ORDER BY type, issue_id',
      [ids['a'] ?? '', ids['b'] ?? ''],
    );
    expect(edges.map((edge) => [edge['issue_id'], edge['depends_on_id'], edge['type']])).toEqual([
      [ids['b'], ids['a'], 'blocks'],
      ...[ids['a'], ids['b']].sort().map((id) => [id, ids['epic'], 'parent-child']),
    ]);
    const [row] = await ctx.db.query('SELECT metadata FROM issues WHERE id = ?', [ids['a'] ?? '']);
    expect(row?.['metadata']).toEqual({ epic: ids['epic'] });
    const cycle = { ...plan, edges: [...plan.edges, { from_key: 'a', to_key: 'b' }] };
    await expect(createGraph(ctx, parseGraphPlan(JSON.stringify(cycle)))).rejects.toThrow('would create a cycle');
  });

  test('an edit is lost to a change that came in between', async () => {
    const { id } = await createIssue(ctx, { title: 'Edit', notes: 'one' });
    const result = await editIssue(ctx, id, 'notes', async (text) => `${text} two`);
    expect(result).toMatchObject({ changed: true, issue: { notes: 'one two' } });
    const raced = editIssue(ctx, id, 'notes', async (text) => {
      await updateIssues(ctx, [id], { notes: 'other' });
      return `${text} three`;
    });
    await expect(raced).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await editIssue(ctx, id, 'notes', async (text) => text)).changed).toBe(false);
  });

  test('the last issue written is remembered, and changes are audited', async () => {
    const { id } = await createIssue(ctx, { title: 'Last' });
    await updateIssues(ctx, [id], { status: 'in_progress', assignee: 'bob' });
    const path = join(beadsDir, 'last-touched');
    expect(readFileSync(path, 'utf8').trim()).toBe(id);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const lines = readFileSync(join(beadsDir, 'interactions.jsonl'), 'utf8').trim().split('\n');
    const last = lines.slice(-2).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(last.map(({ issue_id, kind, extra }) => [issue_id, kind, extra])).toEqual([
      [id, 'field_change', { field: 'status', old_value: 'open', new_value: 'in_progress' }],
      [id, 'field_change', { field: 'assignee', old_value: '', new_value: 'bob' }],
    ]);
  });
});
