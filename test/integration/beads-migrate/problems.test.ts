import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LegacyAge, type LegacyDatabase, legacyDatabase, legacyWorkspace } from '../../helpers/legacy-sqlite.ts';
import { json, makeWorkspace, type RunResult, type Workspace } from '../../helpers/workspace.ts';
import { askEmbedded, type OracleRow } from './oracle.ts';

interface Problem {
  kind: string;
  effect: string;
  table: string;
  row: string;
  field?: string;
  message: string;
  rows?: number;
}

let workspace: Workspace;

beforeAll(() => {
  workspace = makeWorkspace();
});

afterAll(() => workspace.dispose());

let count = 0;

/** Migrates a database of an age; the schema can be changed before rows are put in. */
async function migrate(age: LegacyAge | undefined, fill: (db: LegacyDatabase) => void) {
  count += 1;
  const dir = join(workspace.home, `p${count}`);
  mkdirSync(dir);
  const beadsDir = legacyWorkspace(dir);
  const db = legacyDatabase(join(beadsDir, 'beads.db'), age);
  fill(db);
  db.close();
  const plan = await workspace.bd(['migrate', '--to-dolt', '--dry-run', '--json'], { cwd: dir });
  const result = await workspace.bd(['migrate', '--to-dolt', '--json'], { cwd: dir });
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  const { problems, database } = json<{ problems: Problem[]; database: string }>(result);
  expect(json<{ problems: Problem[] }>(plan).problems).toEqual(problems);
  return {
    dir,
    problems,
    ask: (...statements: string[]) => askEmbedded(beadsDir, database, ...statements),
  };
}

const brief = (problems: readonly Problem[], effect: string) =>
  problems
    .filter((problem) => problem.effect === effect)
    .map(({ kind, table, row, field }) => [kind, table, row, ...(field ? [field] : [])].join(' '));

const times = { created_at: '2025-11-02T10:00:00Z', updated_at: '2025-11-03T10:00:00Z' };
const issue = (id: string, more: object = {}) => ({ id, title: id, ...times, ...more });

describe('rows that stay behind', () => {
  let migrated: Awaited<ReturnType<typeof migrate>>;
  let text: RunResult;

  beforeAll(async () => {
    migrated = await migrate('last', (db) => {
      db.insert(
        'issues',
        issue('hm-a'),
        issue('hm-b'),
        issue('hm-c', { status: 'tombstone' }),
        issue('hm-w', { ephemeral: 1 }),
      );
      db.exec("INSERT INTO issues (id, title) VALUES (NULL, 'no id')");
      db.insert('issues', issue(`hm-${'x'.repeat(300)}`));
      db.insert('issues', issue('hm-q', { quality_score: 0.5, deleted_by: 'al', crystallizes: 0 }));
      const edge = (from: string, to: string, type: string) => ({ issue_id: from, depends_on_id: to, type, ...times });
      db.exec('ALTER TABLE dependencies ADD COLUMN updated_at');
      db.insert(
        'dependencies',
        edge('hm-a', 'hm-b', 'related'),
        edge('hm-a', 'hm-b', 'parent-child'),
        edge('hm-a', 'hm-b', 'blocks'),
        edge('hm-a', 'hm-c', 'blocks'),
        edge('hm-c', 'hm-a', 'blocks'),
        edge('nobody', 'hm-a', 'blocks'),
        edge('hm-b', 'somewhere', 'blocks'),
      );
      db.insert('labels', { issue_id: 'nobody', label: 'ui' }, { issue_id: 'hm-a', label: 'l'.repeat(256) });
      db.insert(
        'comments',
        { issue_id: 'hm-c', author: 'al', text: 'x' },
        { issue_id: 'nobody', author: 'al', text: 'x' },
      );
      db.insert('events', { issue_id: 'hm-c', event_type: 'created', actor: 'al' });
      db.insert('issue_snapshots', {
        issue_id: 'hm-w',
        snapshot_time: times.created_at,
        compaction_level: 1,
        original_size: 1,
        compressed_size: 1,
        original_content: '{}',
      });
      db.insert('child_counters', { parent_id: 'nobody', last_child: 3 });
      db.insert('dirty_issues', { issue_id: 'hm-a' }, { issue_id: 'hm-b' });
      db.exec("CREATE TABLE plugin_things (id TEXT); INSERT INTO plugin_things VALUES ('a'), ('b'), ('c')");
      db.exec('CREATE TABLE plugin_empty (id TEXT)');
      db.exec("ALTER TABLE issues ADD COLUMN newer TEXT DEFAULT ''; UPDATE issues SET newer = 'x' WHERE id = 'hm-b'");
    });
    text = await workspace.bd(['migrate', '--to-dolt', '--dry-run', '--db', 'copy.db'], { cwd: migrated.dir });
  });

  test('are listed, each with its reason', () => {
    expect(brief(migrated.problems, 'left-behind').sort()).toEqual(
      [
        'without-id issues ',
        `too-long issues hm-${'x'.repeat(252)} id`.replace(/ id$/, ''),
        'deleted issues hm-c',
        'no-place issues hm-q deleted_by',
        'no-place issues hm-q quality_score',
        'no-place issues hm-b newer',
        'second-edge dependencies hm-a -> hm-b (parent-child)',
        'second-edge dependencies hm-a -> hm-b (related)',
        'deleted dependencies hm-a -> hm-c (blocks)',
        'deleted dependencies hm-c -> hm-a (blocks)',
        'missing-issue dependencies nobody -> hm-a (blocks)',
        'missing-issue labels nobody ui',
        `too-long labels hm-a ${'l'.repeat(255)} label`,
        'deleted comments 1',
        'missing-issue comments 2',
        'deleted events 1',
        'no-place issue_snapshots 1',
        'missing-issue child_counters nobody',
        'bookkeeping dirty_issues *',
        'no-place plugin_things *',
      ].sort(),
    );
    expect(migrated.problems.find(({ table }) => table === 'plugin_things')).toMatchObject({ rows: 3 });
    expect(brief(migrated.problems, 'noted')).toEqual(['dangling dependencies hm-b -> somewhere (blocks)']);
  });

  test('and the others are there', async () => {
    const [issues, wisps, edges] = await migrated.ask(
      'SELECT id FROM issues ORDER BY id',
      'SELECT id FROM wisps',
      'SELECT issue_id, depends_on_id, type FROM dependencies ORDER BY issue_id',
    );
    expect(issues?.map((row) => row['id'])).toEqual(['hm-a', 'hm-b', 'hm-q']);
    expect(wisps).toEqual([{ id: 'hm-w' }]);
    expect(edges).toEqual([
      { issue_id: 'hm-a', depends_on_id: 'hm-b', type: 'blocks' },
      { issue_id: 'hm-b', depends_on_id: 'somewhere', type: 'blocks' },
    ]);
  });

  test('a workspace that uses Dolt has nothing to plan', () => {
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toContain('Already using Dolt');
  });
});

describe('values that change', () => {
  // Two of them are more than fits.
  const long = 'é'.repeat(3_000_000);
  const events = 'e'.repeat(1_000_000);
  let migrated: Awaited<ReturnType<typeof migrate>>;
  let rows: Map<string, OracleRow>;
  let comments: OracleRow[];

  beforeAll(async () => {
    migrated = await migrate('last', (db) => {
      db.exec('PRAGMA ignore_check_constraints = ON');
      db.insert(
        'issues',
        issue('hm-a', { description: `${long}${long}`, notes: 'n\0n' }),
        issue('hm-b', { metadata: '{broken' }),
        issue('hm-c', { created_at: 'yesterday', due_at: 'soon' }),
        issue('hm-d', { created_at: 'never', updated_at: '' }),
        issue('hm-e', { status: 'closed' }),
        issue('hm-f', { closed_at: '2025-11-04T10:00:00Z' }),
        issue('hm-g', { priority: 'high', estimated_minutes: 'a lot' }),
        issue('hm-h', { title: 't'.repeat(600) }),
        issue('hm-i', { metadata: '' }),
        issue('hm-j', { status: 'parked', issue_type: 'saga' }),
      );
      db.exec("UPDATE issues SET description = CAST(x'61ff62' AS TEXT) WHERE id = 'hm-i'");
      db.insert('comments', { issue_id: 'hm-a', author: 'al', text: `x${long}${long}`, created_at: 'nonsense' });
      db.insert('events', { issue_id: 'hm-a', event_type: 'updated', actor: 'al', old_value: events, created_at: 5 });
    });
    const [issues = [], found = []] = await migrated.ask(
      'SELECT * FROM issues',
      'SELECT issue_id, author, text, created_at FROM comments ORDER BY id',
    );
    rows = new Map(issues.map((row) => [String(row['id']), row]));
    comments = found;
  });

  test('are listed, each with what was done about it', () => {
    expect(brief(migrated.problems, 'changed').sort()).toEqual(
      [
        'too-long issues hm-a description',
        'bad-json issues hm-b metadata',
        'bad-date issues hm-c created_at',
        'bad-date issues hm-c due_at',
        'bad-date issues hm-d created_at',
        'bad-date issues hm-d updated_at',
        'closed-at issues hm-e closed_at',
        'closed-at issues hm-f closed_at',
        'bad-number issues hm-g priority',
        'bad-number issues hm-g estimated_minutes',
        'too-long issues hm-h title',
        'bad-text issues hm-i description',
        'too-long comments 1 text',
        'bad-date comments 1 created_at',
      ].sort(),
    );
    expect(brief(migrated.problems, 'noted').sort()).toEqual([
      'unknown-status issues hm-j',
      'unknown-type issues hm-j',
    ]);
    expect(migrated.problems.find(({ row, field }) => row === 'hm-c' && field === 'created_at')?.message).toBe(
      'created_at is "yesterday", which is no time: 2025-11-03 10:00:00 is used',
    );
  });

  test('a long text continues in comments, whole', () => {
    const parts = comments.filter(({ author }) => author === 'bd migrate').map((row) => String(row['text']));
    const rest = parts
      .filter((part) => part.startsWith('description, continued:\n\n'))
      .map((part) => part.split('\n\n')[1]);
    expect(rows.get('hm-a')?.['description'] + rest.join('')).toBe(`${long}${long}`);
    expect(parts).toContain(`title, continued:\n\n${'t'.repeat(100)}`);
    const own = comments.filter(({ author }) => author === 'al');
    expect(own.map((row) => row['text']).join('')).toBe(`x${long}${long}`);
    expect(own.map((row) => row['created_at'])).toEqual(['2025-11-02 10:00:00', '2025-11-02 10:00:00']);
  });

  test('every value is what the list says', () => {
    expect(rows.get('hm-a')?.['notes']).toBe('n\0n');
    expect(JSON.parse(String(rows.get('hm-b')?.['metadata']))).toEqual({ unparsed: '{broken' });
    expect(rows.get('hm-c')).toMatchObject({ created_at: '2025-11-03 10:00:00', due_at: null });
    expect(rows.get('hm-d')).toMatchObject({ created_at: '1970-01-01 00:00:00', updated_at: '1970-01-01 00:00:00' });
    expect(rows.get('hm-e')).toMatchObject({ closed_at: '2025-11-03 10:00:00' });
    expect(rows.get('hm-f')).toMatchObject({ closed_at: null });
    expect(rows.get('hm-g')).toMatchObject({ priority: 2, estimated_minutes: null });
    expect(rows.get('hm-h')?.['title']).toBe('t'.repeat(500));
    expect(rows.get('hm-i')).toMatchObject({ description: 'a\ufffdb', metadata: '{}' });
    expect(rows.get('hm-j')).toMatchObject({ status: 'parked', issue_type: 'saga' });
  });
});

test('text lists the first rows of each kind and counts the others', async () => {
  count += 1;
  const dir = join(workspace.home, `p${count}`);
  mkdirSync(dir);
  const db = legacyDatabase(join(legacyWorkspace(dir), 'beads.db'), 'last');
  db.insert('issues', ...Array.from({ length: 25 }, (_, index) => issue(`hm-${100 + index}`, { status: 'tombstone' })));
  db.close();
  const { stdout } = await workspace.bd(['migrate', '--to-dolt', '--dry-run'], { cwd: dir });
  expect(stdout).toContain('  issues hm-109: the issue was deleted');
  expect(stdout).not.toContain('hm-110:');
  expect(stdout).toContain('… and 15 more of issues like these (--json lists them all)');
});

describe('older and stranger schemas', () => {
  test('a database from before comments, labels’ limits and settings', async () => {
    const { problems, ask } = await migrate('early', (db) => {
      db.insert(
        'issues',
        {
          id: 'old-1',
          title: 'One',
          description: null,
          status: 'open',
          priority: 1,
          issue_type: 'task',
          assignee: '',
          ...times,
        },
        {
          id: 'old-2',
          title: 'Two',
          description: 'x',
          status: 'closed',
          priority: 1,
          issue_type: 'bug',
          assignee: 'al',
          ...times,
          closed_at: '2025-11-04',
        },
      );
      db.insert('dependencies', {
        issue_id: 'old-2',
        depends_on_id: 'old-1',
        type: 'blocks',
        created_at: '2025-11-02',
        created_by: null,
      });
      db.insert('labels', { issue_id: 'old-1', label: 'ui' });
      db.insert('events', {
        id: 7,
        issue_id: 'old-1',
        event_type: 'created',
        actor: null,
        created_at: '2025-11-02 10:00:00',
      });
    });
    expect(problems).toEqual([]);
    const [issues, edges, config] = await ask(
      'SELECT id, description, notes, assignee, closed_at, work_type, source_repo, metadata FROM issues ORDER BY id',
      'SELECT issue_id, depends_on_id, type, created_by, metadata FROM dependencies',
      "SELECT value FROM config WHERE `key` = 'issue_prefix'",
    );
    const empty = { notes: '', work_type: '', source_repo: '', metadata: '{}' };
    expect(issues).toEqual([
      { id: 'old-1', description: '', assignee: null, closed_at: null, ...empty },
      { id: 'old-2', description: 'x', assignee: 'al', closed_at: '2025-11-04 00:00:00', ...empty },
    ]);
    expect(edges).toEqual([
      { issue_id: 'old-2', depends_on_id: 'old-1', type: 'blocks', created_by: '', metadata: '{}' },
    ]);
    expect(config).toEqual([{ value: 'old' }]);
  });

  test('ids that are UUIDs already stay, and keys that are not unique are found', async () => {
    const uuid = '0191d4a0-6c3e-7b1f-9f0a-2f0c1e8a5b77';
    const { problems, ask } = await migrate(undefined, (db) => {
      db.exec('CREATE TABLE issues (id TEXT, title TEXT, status TEXT)');
      db.exec('CREATE TABLE comments (id TEXT, issue_id TEXT, author TEXT, text TEXT, created_at TEXT)');
      db.exec('CREATE TABLE labels (issue_id TEXT, label TEXT)');
      db.insert(
        'issues',
        { id: 'x-1', title: 'first', status: 'open' },
        { id: 'x-1', title: 'second', status: 'open' },
      );
      db.insert('comments', { id: uuid, issue_id: 'x-1', author: 'al', text: 'hi', created_at: '2025-11-02 10:00:00' });
      db.insert('labels', { issue_id: 'x-1', label: 'ui' }, { issue_id: 'x-1', label: 'ui' });
    });
    expect(brief(problems, 'left-behind')).toEqual(['duplicate issues x-1', 'duplicate labels x-1 ui']);
    const [comments, issues] = await ask('SELECT id FROM comments', 'SELECT title FROM issues');
    expect(comments).toEqual([{ id: uuid }]);
    expect(issues).toEqual([{ title: 'first' }]);
  });

  test('no issues at all', async () => {
    const { problems, ask } = await migrate('last', (db) => {
      db.insert('config', { key: 'issue_prefix', value: 'empty' });
    });
    expect(problems).toEqual([]);
    expect(await ask('SELECT COUNT(*) AS n FROM issues')).toEqual([[{ n: '0' }]]);
  });
});
