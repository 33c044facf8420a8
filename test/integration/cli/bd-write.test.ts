import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { eventually } from '../../helpers/eventually.ts';
import { json, makeWorkspace, type RunOptions, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;
let project: string;

beforeAll(async () => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'alice' });
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  project = join(workspace.home, 'project');
  mkdirSync(project);
  await bd(['init', '--prefix', 'hm', '--server', '--server-port', String(server.port)]);
});

afterAll(async () => {
  await server?.stop();
  await workspace?.dispose();
});

const bd = (args: string[], options: RunOptions = {}) => workspace.bd(args, { cwd: project, ...options });
const create = async (...args: string[]): Promise<string> => (await bd(['create', '--silent', ...args])).stdout.trim();

describe('bd create', () => {
  test('says what it made', async () => {
    const result = await bd(['create', 'First', '-p', 'P1', '-t', 'bug', '-l', 'a,b']);
    expect(result.stdout).toMatch(/^✓ Created issue: hm-[0-9a-z]{3} — First\n {2}Priority: P1\n {2}Status: open$/);
    expect(result.exitCode).toBe(0);
  });

  test('prints one object with sorted keys, without labels', async () => {
    const document = json(
      await bd(['--json', 'new', 'T', '--labels', 'a', '-d', '<d> & "q"', '--metadata', '{"k":1}']),
    );
    expect(document).toEqual({
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      created_by: 'alice',
      description: '<d> & "q"',
      id: expect.stringMatching(/^hm-/),
      issue_type: 'task',
      metadata: { k: 1 },
      priority: 2,
      schema_version: 1,
      status: 'open',
      title: 'T',
      updated_at: document['created_at'],
    });
    expect(Object.keys(document)).toEqual([...Object.keys(document)].sort());
  });

  test.each([
    [[], 'title required (or use --file to create from markdown)'],
    [['T', '-p', '9'], 'invalid priority "9" (expected 0-4 or P0-P4, not words like high/medium/low)'],
    [['T', '-t', 'nope'], 'validation failed for issue : invalid issue type: nope'],
    [
      ['T', '--id', 'zz-1'],
      "prefix mismatch: database uses 'hm-' but ID 'zz-1' doesn't match (use --force to override)",
    ],
    [['T', '--parent', 'hm-nope'], 'parent issue hm-nope not found'],
    [['T', '--metadata', '{'], /^--metadata is not JSON/],
    [['T', '--due', 'sometime'], /^invalid --due format "sometime"/],
    [['T', '--event-actor', 'x'], /require --type=event$/],
    [['T', '--id', 'hm-x1', '--parent', 'hm-y1'], 'cannot specify both --id and --parent flags'],
  ])('refuses %j with one error document and exit 1', async (args, message) => {
    const result = await bd(['create', '--json', ...args]);
    expect(result.exitCode).toBe(1);
    expect(json(result)).toMatchObject({
      error: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  test('takes bodies from files and standard input', async () => {
    const path = join(workspace.home, 'body.md');
    writeFileSync(path, 'from a file\n\n');
    const fromFile = json(await bd(['create', 'T', '--body-file', path, '--json']));
    expect(fromFile['description']).toBe('from a file\n');
    const fromStdin = json(await bd(['create', 'T', '--stdin', '--json'], { input: 'é\n"quoted"\n' }));
    expect(fromStdin['description']).toBe('é\n"quoted"');
    const twice = await bd(['create', 'T', '-d', 'x', '--stdin', '--json'], { input: 'y' });
    expect(json(twice)).toMatchObject({ code: 'USAGE' });
  });

  test('shows what it would do', async () => {
    expect(json(await bd(['create', 'Dry', '--dry-run', '--json']))).toMatchObject({ id: '', title: 'Dry' });
    expect((await bd(['create', 'Dry', '--dry-run', '-l', 'x'])).stdout).toContain('[DRY RUN] Would create issue:');
    expect((await bd(['sql', '--csv', "SELECT COUNT(*) AS n FROM issues WHERE title = 'Dry'"])).stdout).toContain('0');
  });

  test('makes issues of a Markdown file and of a graph', async () => {
    const plan = join(workspace.home, 'plan.md');
    writeFileSync(plan, '## One\nText\n### Priority\n0\n## Two\n');
    const text = await bd(['create', '-f', plan]);
    expect(text.stdout).toMatch(
      /^✓ Created 2 issues from .*plan\.md:\n {2}hm-\w+: One \[P0, task\]\n {2}hm-\w+: Two \[P2, task\]$/,
    );
    const graph = join(workspace.home, 'graph.json');
    writeFileSync(
      graph,
      JSON.stringify({
        nodes: [
          { key: 'a', title: 'A', blocks: [] },
          { key: 'b', title: 'B' },
        ],
        edges: [{ from_key: 'b', to_key: 'a' }],
      }),
    );
    const made = await bd(['create', '--graph', graph, '--json']);
    expect(json(made)).toEqual({
      ids: { a: expect.stringMatching(/^hm-/), b: expect.stringMatching(/^hm-/) },
      schema_version: 1,
    });
    expect(made.stderr).toContain('unknown field "blocks"');
    expect(json(await bd(['create', '--graph', graph, '--dry-run', '--json']))).toMatchObject({
      node_count: 2,
      edge_count: 1,
    });
  });

  test('q prints the id and nothing else', async () => {
    expect((await bd(['q', 'Quick', 'words'])).stdout).toMatch(/^hm-\w+$/);
  });
});

describe('bd update, close, reopen', () => {
  test('work on the last issue when none is named', async () => {
    const id = await create('Last');
    expect((await bd(['update', '--claim'])).stdout).toBe(`✓ Updated issue: ${id} — Last`);
    expect((await bd(['done', '-m', 'because'])).stdout).toBe(`✓ Closed ${id} — Last: because`);
  });

  test('tell partial success with exit 1', async () => {
    const id = await create('Part');
    const result = await bd(['update', id, 'hm-nope', '-s', 'in_progress', '--json']);
    expect(result.exitCode).toBe(1);
    expect(json(result)).toMatchObject([{ id, status: 'in_progress' }]);
    expect(result.stderr).toBe('Error resolving hm-nope: no issue found matching "hm-nope"');
    const none = await bd(['close', 'hm-nope', '--json']);
    expect(none.exitCode).toBe(1);
    expect(json(none)).toMatchObject({
      error: 'resolving ID hm-nope: no issue found matching "hm-nope"',
      code: 'NOT_FOUND',
    });
  });

  test.each([
    [['update', 'nope'], 'Error resolving nope: no issue found matching "nope"'],
    [['update', 'nope', '-s', 'open'], 'Error resolving nope: no issue found matching "nope"'],
    [['close', 'nope'], 'Error: resolving ID nope: no issue found matching "nope"'],
    [['reopen', 'nope'], 'Error resolving nope: no issue found matching "nope"'],
    [['label', 'remove', 'nope', 'q'], 'Error resolving nope: no issue found matching "nope"'],
  ])('bd %j ends with 1 and the words of the Go bd', async (args, stderr) => {
    const result = await bd(args);
    expect([result.stdout, result.stderr, result.exitCode]).toEqual(['', stderr, 1]);
  });

  test('close tells what is closed already', async () => {
    const id = await create('Twice');
    await bd(['close', id, '-r', 'first']);
    const again = await bd(['close', id, '-r', 'second']);
    expect([again.stdout, again.stderr, again.exitCode]).toEqual(['', `${id} is already closed`, 0]);
    expect(json(await bd(['close', id, '--json']))).toMatchObject([{ id, close_reason: 'first' }]);
  });

  test('dep list shows what is elsewhere, as text and as JSON', async () => {
    const id = await create('Waits');
    await bd(['dep', 'add', id, 'external:other:login']);
    expect((await bd(['dep', 'list', id])).stdout).toContain('external:other:login');
    expect(json(await bd(['dep', 'list', id, '--json']))).toEqual([
      { id: 'external:other:login', dependency_type: 'blocks' },
    ]);
  });

  test('know nothing to do, and a lost claim', async () => {
    const id = await create('Taken');
    const nothing = await bd(['update', id]);
    expect([nothing.stdout, nothing.exitCode]).toEqual(['No updates specified', 0]);
    await bd(['update', id, '--claim', '--actor', 'bob']);
    const lost = await bd(['update', id, '--claim']);
    expect(lost.exitCode).toBe(1);
    expect(lost.stderr).toBe(`Error claiming ${id}: issue already claimed by bob`);
  });

  test('clear with empty values', async () => {
    const id = await create('Clear', '-a', 'bob', '--due', '+1d', '-d', 'text');
    const [issue] = json<Record<string, unknown>[]>(
      await bd(['update', id, '-a', '', '--due', '', '-d', '', '--json']),
    );
    expect(issue).not.toHaveProperty('assignee');
    expect(issue).not.toHaveProperty('due_at');
    expect(issue).not.toHaveProperty('description');
    const refused = await bd(['update', id, '--stdin'], { input: '' });
    expect(refused.stderr).toContain('--allow-empty-description');
  });

  test('close reports more as an object', async () => {
    const [a, b] = [await create('A'), await create('B')];
    await bd(['dep', 'add', b, a]);
    const refused = await bd(['close', b]);
    expect(refused.stderr).toContain(`cannot close ${b}: blocked by open issues [${a}] (use --force to override)`);
    const result = json(await bd(['close', a, '--suggest-next', '--json']));
    expect(result).toMatchObject({
      closed: [{ id: a, close_reason: 'Closed' }],
      unblocked: [{ id: b }],
      schema_version: 1,
    });
    expect(json(await bd(['close', b, '--json']))).toMatchObject([{ id: b }]);
    const claimed = json(await bd(['close', await create('C'), '--claim-next', '--json']));
    expect(claimed).toMatchObject({ claimed: { status: 'in_progress', assignee: 'alice' } });
  });

  test('reopen once', async () => {
    const id = await create('R');
    await bd(['close', id]);
    expect((await bd(['reopen', id, '-r', 'again'])).stdout).toBe(`↻ Reopened ${id}: again`);
    const open = await bd(['reopen', id]);
    expect([open.stdout, open.stderr, open.exitCode]).toEqual(['', `${id} is already open`, 0]);
  });

  test('defer, duplicate, supersede', async () => {
    const [a, b, c] = [await create('A'), await create('B'), await create('C')];
    expect((await bd(['defer', a, '--until', '+1d'])).stdout).toContain(`Deferred ${a}`);
    expect((await bd(['undefer', a])).stdout).toContain(`Undeferred ${a} (now open)`);
    expect((await bd(['duplicate', a, '--of', b])).stdout).toBe(`✓ Marked ${a} as duplicate of ${b} (closed)`);
    expect(json(await bd(['supersede', b, '--with', c, '--json']))).toEqual({
      superseded: b,
      replacement: c,
      status: 'closed',
      schema_version: 1,
    });
  });
});

describe('bd create of several', () => {
  test('--dry-run writes nothing, --silent prints ids, flags about one issue are refused', async () => {
    const plan = join(workspace.home, 'several.md');
    writeFileSync(plan, '## Several one\n\n## Several two\n### Priority\n0\n');
    const there = async () => json<unknown[]>(await bd(['list', '--title-contains', 'Several', '--json'])).length;
    const dry = await bd(['create', '-f', plan, '--dry-run']);
    expect(dry.stdout).toBe(
      `⚠ [DRY RUN] Would create 2 issues from ${plan}:\n  Several one [P2, task]\n  Several two [P0, task]`,
    );
    expect(json<{ id: string }[]>(await bd(['create', '-f', plan, '--dry-run', '--json']))).toMatchObject([
      { id: '', title: 'Several one' },
      { id: '', title: 'Several two' },
    ]);
    for (const flags of [
      ['--parent', 'hm-1'],
      ['-p', '1'],
      ['--id', 'hm-x1'],
      ['-t', 'bug', '--json'],
    ]) {
      const refused = await bd(['create', '-f', plan, ...flags]);
      expect(refused.exitCode).toBe(1);
      expect(refused.stdout + refused.stderr).toContain('cannot go with --file or --graph');
    }
    expect(await there()).toBe(0);
    expect((await bd(['create', '-f', plan, '--silent'])).stdout).toMatch(/^hm-\w+\nhm-\w+$/);
    const made = json<object[]>(await bd(['create', '-f', plan, '--json']));
    expect(made.map((issue) => Object.keys(issue)[0])).toEqual(['id', 'id']);
    expect(await there()).toBe(4);
  });

  test('--persistent and --history alone are changes, and so is --set-labels ""', async () => {
    const wisp = await create('Wisp', '--ephemeral');
    const local = await create('Local', '--no-history');
    await bd(['update', wisp, '--persistent']);
    await bd(['update', local, '--history']);
    expect(
      json(await bd(['sql', '--json', `SELECT COUNT(*) AS n FROM issues WHERE id IN ('${wisp}', '${local}')`])),
    ).toEqual([{ n: 2 }]);
    await bd(['update', local, '--add-label', 'a']);
    await bd(['update', local, '--set-labels', '']);
    expect(json(await bd(['label', 'list', local, '--json']))).toEqual([]);
  });
});

describe('bd dep, label, comment, delete', () => {
  test('dependencies', async () => {
    const [a, b] = [await create('A'), await create('B')];
    expect((await bd(['dep', 'add', a, b])).stdout).toBe(`✓ Added dependency: ${a} (A) depends on ${b} (B) (blocks)`);
    expect(json(await bd(['dep', 'add', a, b, '--json']))).toEqual({
      depends_on_id: b,
      issue_id: a,
      schema_version: 1,
      status: 'added',
      type: 'blocks',
    });
    expect((await bd(['dep', a, '--blocks', b])).stderr).toContain('adding dependency would create a cycle');
    expect((await bd(['dep', 'rm', a, b])).stdout).toBe(`✓ Removed dependency: ${a} (A) no longer depends on ${b} (B)`);
    const again = await bd(['dep', 'rm', a, b]);
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^✓ Removed dependency: /) });
    expect(json(await bd(['dep', 'rm', a, b, '--json']))).toMatchObject({ issue_id: a, status: 'removed' });
    expect((await bd(['dep', a, '--blocks', b])).stdout).toContain(`${b} (B) depends on ${a} (A) (blocks)`);
    const one = await bd(['dep', 'add', a, '--json']);
    expect(json(one)['error']).toBe('requires 2 arg(s), only received 1 (or use --blocked-by/--depends-on flag)');
    const lines = join(workspace.home, 'deps.jsonl');
    writeFileSync(
      lines,
      `{"from":"${a}","to":"external:x:y"}\n\n{"issue_id":"${a}","depends_on_id":"zz-1","type":"related"}\n`,
    );
    expect(json(await bd(['dep', 'add', '--file', lines, '--json']))).toMatchObject([
      { type: 'blocks' },
      { type: 'related' },
    ]);
    expect((await bd(['dep', 'relate', a, b])).exitCode).toBe(1);
  });

  test('labels', async () => {
    const [a, b] = [await create('A'), await create('B')];
    const added = await bd(['label', 'add', a, b, 'q']);
    expect(added.stdout).toBe(`✓ Added label 'q' to ${a}\n✓ Added label 'q' to ${b}`);
    expect(json(await bd(['label', 'remove', a, 'q', '--json']))).toEqual([
      { issue_id: a, label: 'q', status: 'removed' },
    ]);
    expect(await bd(['label', 'remove', a, b, 'q'])).toMatchObject({
      exitCode: 0,
      stdout: `${a} has no label 'q'\n✓ Removed label 'q' from ${b}`,
    });
    expect(json(await bd(['label', 'remove', a, 'q', '--json']))).toMatchObject([{ status: 'unchanged' }]);
    expect(await bd(['label', 'add', 'hm-nope', 'q'])).toMatchObject({
      exitCode: 1,
      stderr: 'Error resolving hm-nope: no issue found matching "hm-nope"',
    });
  });

  test('comments', async () => {
    const id = await create('Talk');
    expect((await bd(['comment', id, 'hello', 'world'])).stdout).toBe(`Comment added to ${id}`);
    const document = json(await bd(['comments', 'add', id, '--file', '-', '--json'], { input: 'piped\n' }));
    expect(document).toMatchObject({ issue_id: id, author: 'alice', text: 'piped', schema_version: 1 });
  });

  test('deletion is shown first', async () => {
    const [a, b] = [await create('A'), await create('B')];
    await bd(['dep', 'add', b, a]);
    const preview = await bd(['delete', a]);
    expect(preview.stdout).toMatch(/^⚠️ {2}DELETE PREVIEW/);
    expect(preview.stdout).toContain(`To proceed, run: bd delete ${a} --force`);
    expect(json(await bd(['delete', a, '--json']))).toMatchObject({ would_delete: [a], orphaned_issues: [b] });
    expect(json(await bd(['delete', a, '--force', '--json']))).toEqual({
      deleted: a,
      dependencies_removed: 1,
      references_updated: 0,
      schema_version: 1,
    });
    expect(json(await bd(['delete', a, '--force', '--json']))).toMatchObject({ error: `issue ${a} not found` });
    expect((await bd(['delete', b, '--force'])).stdout).toBe(
      `✓ Deleted ${b}\n  Removed 0 dependency link(s)\n  Updated text references in 0 issue(s)`,
    );
  });
});

describe('bd batch and edit', () => {
  test('a batch is all or nothing', async () => {
    const id = await create('Target');
    const done = await bd(['batch'], { input: `# go\nupdate ${id} priority=0\ncreate bug 1 From a batch\n` });
    expect(done.stdout).toBe('✓ Ran 2 operation(s) in one transaction');
    const failed = await bd(['batch', '--json'], { input: `close ${id}\nshow ${id}\n` });
    expect(failed.exitCode).toBe(1);
    expect(json(failed)['error']).toBe('line 2: unsupported batch command "show"');
    expect((await bd(['close', id, '--json'])).exitCode).toBe(0);
  });

  test('an editor changes a text', async () => {
    const id = await create('Edit', '-d', 'old text');
    const editor = join(workspace.home, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\ncp "$1" "$1.seen"; cp "$1" "$HOME/seen"; echo "new text" > "$1"\n', {
      mode: 0o700,
    });
    expect((await bd(['edit', id], { env: { EDITOR: editor } })).stdout).toBe(`✓ Updated description for issue: ${id}`);
    expect(readFileSync(join(workspace.home, 'seen'), 'utf8')).toBe('old text');
    expect((await bd(['edit', id, '--notes'], { env: { EDITOR: 'true' } })).stdout).toBe('No changes made');
    const failed = await bd(['edit', id], { env: { EDITOR: 'false' } });
    expect(failed.stderr).toContain('the editor "false" ended with code 1; nothing was written');
    const [row] = json<Record<string, unknown>[]>(
      await bd(['sql', '--json', `SELECT description FROM issues WHERE id = '${id}'`]),
    );
    expect(row).toEqual({ description: 'new text' });
  });

  test('nothing is written in read-only mode', async () => {
    for (const args of [
      ['create', 'T'],
      ['close', 'hm-1'],
      ['dep', 'add', 'hm-1', 'hm-2'],
      ['label', 'add', 'hm-1', 'x'],
    ]) {
      const result = await bd([...args, '--readonly', '--json']);
      expect(result.exitCode).toBe(1);
      expect(json(result)).toMatchObject({
        code: 'READ_ONLY',
        error: expect.stringMatching(/is not allowed in read-only mode$/),
      });
    }
  });
});

describe('settings of a project', () => {
  test('json: true, or BD_JSON, stand for --json', async () => {
    const id = await create('Quiet');
    const shown = await bd(['show', id, '--json']);
    expect((await bd(['show', id], { env: { BD_JSON: 'true' } })).stdout).toBe(shown.stdout);
    expect(json(await bd(['show', 'hm-nope'], { env: { BD_JSON: '1' } }))).toHaveProperty('error');
    expect((await bd(['config', 'set', 'json', 'true'])).exitCode).toBe(0);
    const listed = await bd(['show', id]);
    expect((await bd(['config', 'unset', 'json'])).exitCode).toBe(0);
    expect(listed.stdout).toBe(shown.stdout);
  });

  test('validation.on-create and on-close warn or refuse', async () => {
    const on = (moment: string, mode: string) => ({ [`BD_VALIDATION_ON_${moment}`]: mode });
    const warned = await bd(['create', 'Bare'], { env: on('CREATE', 'warn') });
    expect(warned).toMatchObject({ exitCode: 0 });
    expect(warned.stderr).toMatch(/^warning: hm-\w+ lacks the sections of a task: ## Acceptance Criteria$/);
    expect((await bd(['create', 'Bare'], { env: on('CREATE', 'error') })).exitCode).toBe(1);

    const id = await create('Bare');
    const refused = await bd(['close', id], { env: on('CLOSE', 'error') });
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: `Error: cannot close ${id}: missing required sections for task: ## Acceptance Criteria (use --force to override)`,
    });
    const closed = await bd(['close', id], { env: on('CLOSE', 'warn') });
    expect(closed.stdout).toBe(`✓ Closed ${id} — Bare: Closed`);
    expect(closed.stderr).toContain(`warning: ${id} lacks`);
    const described = await create('Whole', '-d', '## Acceptance Criteria\nIt works');
    expect((await bd(['close', described], { env: on('CLOSE', 'error') })).exitCode).toBe(0);
  });
});

describe('hooks', () => {
  test('on_create, on_update and on_close get id, event and the issue', async () => {
    const hooks = join(project, '.beads/hooks');
    const seen = join(workspace.home, 'hooks.log');
    mkdirSync(hooks, { recursive: true });
    for (const name of ['on_create', 'on_update', 'on_close']) {
      const script = `#!/bin/sh\nissue=$(cat)\nprintf '%s\\n' "${name} $1 $2 $issue" >> '${seen}'\n`;
      writeFileSync(join(hooks, name), script, { mode: 0o755 });
    }
    // A line that is still being written does not count.
    const calls = () => (existsSync(seen) ? readFileSync(seen, 'utf8').split('\n').slice(0, -1) : []);
    const long = 'x'.repeat(200_000);
    const id = (await bd(['create', 'Hooked', '--stdin', '--silent'], { input: long })).stdout;
    await eventually('the first hook', () => calls().length === 1);
    await bd(['update', id, '-p', '0']);
    await eventually('the second hook', () => calls().length === 2);
    await bd(['close', id]);
    await eventually('the third hook', () => calls().length === 3);
    const [created = '', updated = '', closed = ''] = calls();
    expect(created).toMatch(new RegExp(`^on_create ${id} create \\{`));
    expect(JSON.parse(created.slice(created.indexOf('{')))).toMatchObject({ id, title: 'Hooked', description: long });
    expect(updated).toMatch(new RegExp(`^on_update ${id} update .*"priority":0`));
    expect(closed).toMatch(new RegExp(`^on_close ${id} close .*"status":"closed"`));

    // One that fails, or is no program, changes nothing; `no-hooks` switches them off.
    writeFileSync(join(hooks, 'on_create'), 'no program at all', { mode: 0o755 });
    expect((await bd(['create', 'All the same'])).exitCode).toBe(0);
    await bd(['reopen', id], { env: { BD_NO_HOOKS: 'true' } });
    chmodSync(join(hooks, 'on_update'), 0o644);
    await bd(['update', id, '-p', '1']);
    await bd(['close', id]);
    await eventually('the last hook', () => calls().length === 4);
    expect(calls()[3]).toMatch(/^on_close /);
    rmSync(hooks, { recursive: true });
  });
});
