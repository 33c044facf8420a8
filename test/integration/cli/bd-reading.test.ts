import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;

const LINES = [
  { id: 'hm-e1', title: 'Epic <one>', issue_type: 'epic', priority: 1 },
  {
    id: 'hm-e1.1',
    title: 'Kid',
    labels: ['ui'],
    dependencies: [{ depends_on_id: 'hm-e1', type: 'parent-child' }],
  },
  {
    id: 'hm-a1',
    title: 'First',
    issue_type: 'bug',
    priority: 1,
    assignee: 'bob',
    labels: ['x', 'y'],
    dependencies: [{ depends_on_id: 'hm-c1', type: 'blocks' }],
    comments: [
      {
        id: '0190a0a0-0000-7000-8000-000000000001',
        author: 'alice',
        text: 'hello world',
        created_at: '2026-05-03T07:42:00Z',
      },
    ],
  },
  { id: 'hm-c1', title: 'Third', labels: ['ui'] },
  { id: 'hm-z1', title: 'Gone', status: 'closed', close_reason: 'why not' },
].map((line, index) => ({
  ...line,
  created_at: `2026-05-0${index + 1}T00:00:00Z`,
  updated_at: '2026-05-09T00:00:00Z',
}));

beforeAll(async () => {
  workspace = makeWorkspace();
  writeFileSync(join(workspace.home, 'in.jsonl'), LINES.map((line) => JSON.stringify(line)).join('\n'));
  expect((await workspace.bd(['init', '--prefix', 'hm', '--quiet'])).exitCode).toBe(0);
  const imported = await workspace.bd(['import', 'in.jsonl']);
  expect(imported).toMatchObject({ exitCode: 0, stdout: '' });
  expect(imported.stderr).toContain('Imported 5 issues from in.jsonl (5 created, 0 updated)');
});
afterAll(() => workspace.dispose());

describe('text', () => {
  test.each([
    [
      'list',
      /^○ hm-a1 ● P1 \[bug\] First$/m,
      /^└── ○ hm-e1\.1 ● P2 Kid$/m,
      /^Total: 4 issues \(4 open, 0 in progress\)$/m,
    ],
    ['list --flat', /^● hm-a1 \[● P1\] \[bug\] @bob \[x y\] - First \(blocked by: hm-c1\)$/m, /\(parent: hm-e1\)$/m],
    ['list --status closed --flat', /^✓ hm-z1 \[● P2\] \[task\] - Gone$/],
    ['list --label nope', /^No issues found\.$/],
    ['show hm-a1', /^○ hm-a1 \[BUG\] · First {3}\[● P1 · OPEN\]$/m, /^ {2}→ ○ hm-c1: Third ● P2$/m, /^LABELS: x, y$/m],
    ['show hm-e1', /^ {2}↳ ○ hm-e1\.1: Kid ● P2$/m, /^ {2}◐ 0\/1 complete \(0%\)$/m],
    ['view a1 --short', /^○ hm-a1 ● P1 \[bug\] First$/],
    ['ready', /^○ hm-e1\.1 ● P2 Kid ← Epic <one>$/m, /^Ready: 3 issues with no active blockers$/m],
    [
      'ready --plain',
      /^📋 Ready work \(3 issues with no active blockers\):$/m,
      /^\d\. \[● P2\] \[task\] hm-c1: Third$/m,
    ],
    ['ready --label-any x', /^✨ No ready work found \(all issues have blocking dependencies\)$/],
    [
      'blocked',
      /^🚫 Blocked issues \(1\):$/m,
      /^\[● P1\] hm-a1: First$/m,
      /^ {2}Blocked by 1 open dependencies: \[hm-c1\]$/m,
    ],
    ['search third', /^Found 1 issues matching 'third':$/m, /^hm-c1 \[P2\] \[task\] open \[ui\] - Third$/m],
    ['search foo', /^No issues found matching 'foo'$/],
    ['count', /^5$/],
    ['count --by-status', /^Total: 5$/m, /^closed: 1$/m],
    ['stats', /^📊 Issue Database Status$/m, /^ {2}Total Issues: {11}5$/m],
    ['status --no-activity', /^ {2}Ready to Work: +3$/m],
    ['stale --days 100000', /^✨ No stale issues found \(all active\)$/],
    ['epic status', /Progress: 0\/1 children closed \(0%\)/],
    ['children hm-e1', /^○ hm-e1\.1 ● P2 Kid$/m],
    ['history hm-c1', /^📜 History for hm-c1 \(1 versions\):$/m, /created by/],
    ['dep list hm-a1', /^ {2}hm-c1: Third \[P2\] \(open\) via blocks$/m],
    [
      'dep tree hm-a1',
      /^🌲 Dependency tree for hm-a1:$/m,
      /^hm-a1: First \[P1\] \(open\) \[BLOCKED\]$/m,
      /^ {4}└── hm-c1: Third \[P2\] \(open\) \[blocks\]$/m,
    ],
    ['dep tree hm-a1 --format mermaid', /^flowchart TD$/m, /^ {2}n0 -->\|blocks\| n1$/m],
    ['dep cycles', /^✓ No dependency cycles detected$/],
    ['label list hm-a1', /^🏷 Labels for hm-a1:$/m, /^ {2}- x$/m],
    ['label list hm-e1', /^hm-e1 has no labels$/],
    ['label list-all', /^🏷 All labels \(3 unique\):$/m, /^ {2}ui {2}\(2 issues\)$/m],
    ['comments hm-a1', /^Comments on hm-a1:$/m, /^\[alice\] at 2026-05-03 07:42$/m, /^ {2}hello world$/m],
    ['comments hm-e1', /^No comments on hm-e1$/],
    ['statuses', /in_progress +\[wip\]/],
    ['types', /^ {2}bug /m],
  ] as [string, ...RegExp[]][])('bd %s', async (line, ...patterns) => {
    const { stdout, stderr, exitCode } = await workspace.bd(line.split(' '));
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    for (const pattern of patterns) expect(stdout).toMatch(pattern);
  });

  test('a limit that hides something is told on stderr', async () => {
    const { stderr, exitCode } = await workspace.bd(['list', '-n', '2']);
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      'Showing 2 issues; more results matched but were hidden by --limit. Use --limit 0 for all, or --limit N to raise the cap.',
    );
  });

  test('what some ids do not find is told, and what they find is shown', async () => {
    const { stdout, stderr, exitCode } = await workspace.bd(['show', 'hm-a1', 'hm-nope']);
    expect(stderr).toBe('Error fetching hm-nope: no issue found matching "hm-nope"');
    expect(stdout).toContain('hm-a1 [BUG]');
    expect(exitCode).toBe(1);
  });
});

describe('JSON', () => {
  const run = async <T>(...args: string[]) => json<T>(await workspace.bd([...args, '--json']));

  test('list and ready: arrays of issues with counts; nothing found is []', async () => {
    const listed = await run<Record<string, unknown>[]>('list');
    const keys = ['id', 'title', 'status', 'priority', 'issue_type', 'created_at', 'updated_at'];
    expect(Object.keys(listed.find(({ id }) => id === 'hm-c1') ?? {})).toEqual([
      ...keys,
      ...['labels', 'dependency_count', 'dependent_count', 'comment_count'],
    ]);
    expect(listed.find(({ id }) => id === 'hm-a1')).toMatchObject({
      dependencies: [{ issue_id: 'hm-a1', depends_on_id: 'hm-c1', type: 'blocks', metadata: '{}' }],
      dependency_count: 1,
      comment_count: 1,
    });
    expect((await run<{ parent?: string }[]>('ready', '--parent', 'e1')).map(({ parent }) => parent)).toEqual([
      'hm-e1',
    ]);
    for (const none of [
      ['list', '-l', 'none'],
      ['ready', '-l', 'none'],
      ['search', 'none'],
      ['stale', '--days', '100000'],
      ['comments', 'hm-e1'],
    ]) {
      expect(await run(...none)).toEqual([]);
    }
  });

  test('show: an array; its children: an object by id', async () => {
    const [shown] = await run<Record<string, unknown>[]>('show', 'hm-a1');
    expect(shown).toMatchObject({
      labels: ['x', 'y'],
      dependencies: [{ id: 'hm-c1', dependency_type: 'blocks' }],
      comments: [{ author: 'alice' }],
    });
    expect(await run('show', 'hm-e1', '--children')).toMatchObject({
      'hm-e1': [{ id: 'hm-e1.1', dependency_type: 'parent-child' }],
      schema_version: 1,
    });
    expect((await workspace.bd(['show', 'hm-e1', '--json'])).stdout).toContain('Epic \\u003cone\\u003e');
  });

  test('objects: sorted keys and a version', async () => {
    expect(Object.keys(await run<object>('count'))).toEqual(['count', 'schema_version']);
    expect(await run('count', '--by-status')).toEqual({
      groups: [
        { count: 1, group: 'closed' },
        { count: 4, group: 'open' },
      ],
      schema_version: 1,
      total: 5,
    });
    const { summary } = await run<{ summary: object }>('stats', '--no-activity');
    expect(Object.keys(summary)).toEqual([
      'average_lead_time_hours',
      'blocked_issues',
      'closed_issues',
      'deferred_issues',
      'epics_eligible_for_closure',
      'in_progress_issues',
      'open_issues',
      'pinned_issues',
      'ready_issues',
      'total_issues',
    ]);
    const explained = await run<object>('ready', '--explain');
    expect(Object.keys(explained)).toEqual(['blocked', 'ready', 'schema_version', 'summary']);
    expect(await run('statuses')).toMatchObject({ custom_statuses: [], schema_version: 1 });
  });

  test('dependencies, labels, history', async () => {
    const tree = await run<Record<string, unknown>[]>('dep', 'tree', 'hm-a1');
    expect(
      tree.map(({ id, depth, parent_id, edge_from_parent, truncated }) => ({
        id,
        depth,
        parent_id,
        edge_from_parent,
        truncated,
      })),
    ).toEqual([
      { id: 'hm-a1', depth: 0, parent_id: '', edge_from_parent: undefined, truncated: false },
      { id: 'hm-c1', depth: 1, parent_id: 'hm-a1', edge_from_parent: 'blocks', truncated: false },
    ]);
    expect(await run('dep', 'list', 'hm-c1', '--direction', 'up')).toMatchObject([
      { id: 'hm-a1', dependency_type: 'blocks' },
    ]);
    expect(await run('dep', 'cycles')).toEqual([]);
    expect(await run('label', 'list', 'hm-a1')).toEqual(['x', 'y']);
    expect(await run('label', 'list-all')).toContainEqual({ label: 'ui', count: 2 });
    expect(await run('blocked')).toMatchObject([{ id: 'hm-a1', blocked_by_count: 1, blocked_by: ['hm-c1'] }]);
    expect(await run('history', 'hm-c1')).toMatchObject([
      {
        CommitHash: expect.any(String),
        Committer: expect.any(String),
        CommitDate: expect.any(String),
        Issue: { id: 'hm-c1' },
      },
    ]);
  });

  test.each([
    [
      ['list', '-s', 'bogus'],
      1,
      /^invalid status "bogus" \(valid: open, in_progress, blocked, deferred, closed, pinned, hooked\)$/,
    ],
    [['list', '-t', 'bogus'], 1, /^invalid issue type "bogus" \(valid: bug, feature, task, epic, chore, decision\)$/],
    [['list', '--created-after', 'soon'], 1, /is not a date/],
    [['show', 'hm-nope'], 1, /^no issues found matching the provided IDs$/],
    [['show'], 1, /no issue id given/],
    [['search'], 1, /^search query is required$/],
    [['stale', '--days', '0'], 1, /^--days must be at least 1$/],
    [['dep', 'tree', 'hm-nope'], 1, /^no issue found matching "hm-nope"$/],
    [['import', 'nowhere.jsonl'], 1, /^cannot read nowhere\.jsonl/],
  ])('bd %j is an error', async (args, exitCode, message) => {
    const result = await workspace.bd([...args, '--json']);
    expect(result.exitCode).toBe(exitCode);
    expect(json(result)).toMatchObject({
      error: expect.stringMatching(message),
      code: expect.any(String),
      schema_version: 1,
    });
  });
});

test('lint ends with 1 when there is something to tell', async () => {
  const result = await workspace.bd(['lint', '--json']);
  expect(result.exitCode).toBe(1);
  expect(Object.keys(json(result))).toEqual(['issues', 'results', 'schema_version', 'total']);
  expect((await workspace.bd(['lint', '--type', 'decision'])).stdout).toBe(
    '✓ No template warnings found (0 issues checked)',
  );
});

test('export to a file is whole, readable by all, and what import reads', async () => {
  const file = join(workspace.home, 'out.jsonl');
  const written = await workspace.bd(['export', '-o', 'out.jsonl']);
  expect(written).toMatchObject({ exitCode: 0, stdout: '', stderr: 'Exported 5 issues to out.jsonl' });
  expect(statSync(file).mode & 0o777).toBe(0o644);
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ id }) => id)).toEqual(['hm-a1', 'hm-e1', 'hm-z1', 'hm-c1', 'hm-e1.1']);
  expect(Object.keys(lines[0] ?? {}).slice(0, 3)).toEqual(['_type', 'id', 'title']);
  expect((await workspace.bd(['export'])).stdout).toBe(readFileSync(file, 'utf8').trimEnd());
  const again = await workspace.bd(['import', '-', '--json'], { input: readFileSync(file, 'utf8') });
  expect(json(again)).toEqual({ created: 0, schema_version: 1, skipped: 0, source: 'stdin', unchanged: 5, updated: 0 });
  const refused = await workspace.bd(['export', '-o', 'nowhere/out.jsonl']);
  expect(refused.exitCode).toBe(1);
});

test('list --watch shows again what changed, and Ctrl-C ends it with 0', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../dist/bin/bd.cjs'), 'list', '--watch'], {
    cwd: workspace.home,
    env: workspace.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exited = once(child, 'exit');
  await eventually('the first list', () => output.includes('Total: 4 issues'));
  expect((await workspace.bd(['create', 'Seen by the watcher', '--silent'])).exitCode).toBe(0);
  await eventually('the new issue', () => output.includes('Seen by the watcher'));
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});
