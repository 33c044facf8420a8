import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BareServer } from '../../helpers/bare-server.ts';
import { type LegacyRow, legacyDatabase, legacyWorkspace } from '../../helpers/legacy-sqlite.ts';
import { makeServerWorkspace } from '../../helpers/server-workspace.ts';
import { json, type RunResult, type Workspace } from '../../helpers/workspace.ts';
import { askEmbedded, askServer, type OracleRow } from './oracle.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  const made = await makeServerWorkspace();
  ({ workspace, server } = made);
  return made.dispose;
});

const DIFFICULT = 'a\ufeff\r\n\t\'"\\ `x` ? é € 😀 \u2028 ; -- /* %s';

/** Issues of every sort, as the last versions with SQLite wrote them. */
function fill(path: string): { issues: LegacyRow[]; others: Record<string, LegacyRow[]> } {
  const db = legacyDatabase(path, 'last');
  const times = { created_at: '2025-11-02T10:00:00.987654321Z', updated_at: '2025-11-03T23:59:59.999999999+02:00' };
  db.insert(
    'issues',
    { id: 'hm-a1', title: 'Plain', ...times },
    { id: 'hm-a1.1', title: 'First child', ...times, assignee: 'alice', estimated_minutes: 90 },
    { id: 'hm-a1.7', title: 'Seventh child', ...times, priority: 0, issue_type: 'bug', status: 'in_progress' },
    {
      id: 'hm-full',
      title: 'Ünïcode 😀',
      ...times,
      content_hash: 'c'.repeat(64),
      description: DIFFICULT,
      design: 'design',
      acceptance_criteria: 'criteria',
      notes: 'notes',
      status: 'closed',
      closed_at: '2025-11-04 08:00:00.5 +0100 CET',
      close_reason: 'Done',
      closed_by_session: 'session-1',
      created_by: 'bob',
      owner: 'bob@example.org',
      external_ref: 'gh-12',
      spec_id: 'docs/spec.md',
      compaction_level: 1,
      compacted_at: '2025-11-05T00:00:00Z',
      compacted_at_commit: 'abcdef',
      original_size: 1234,
      sender: 'mayor',
      pinned: 1,
      is_template: 1,
      mol_type: 'swarm',
      work_type: 'open_competition',
      source_system: 'jira',
      metadata: '{"b": 1.50, "a": {"z": [1, null, true, "x"]}}',
      event_kind: 'kind',
      actor: 'agent',
      target: 'target',
      payload: '{"k":1}',
      source_repo: 'other/repo',
      await_type: 'gh:run',
      await_id: '42',
      timeout_ns: 9_007_199_254_740_993n,
      waiters: '["alice","bob"]',
      hook_bead: 'hm-h',
      role_bead: 'hm-r',
      agent_state: 'idle',
      last_activity: '2025-11-05T00:00:00.5Z',
      role_type: 'polecat',
      rig: 'gastown',
      due_at: '2026-01-01T00:00:00-05:00',
      defer_until: '2025-12-01',
    },
    { id: 'hm-agent', title: 'An agent', ...times, issue_type: 'agent', agent_state: 'idle' },
    { id: 'hm-wisp-1', title: 'Short-lived', ...times, ephemeral: 1, wisp_type: 'patrol' },
    { id: 'hm-gone', title: 'Deleted', ...times, status: 'tombstone', deleted_at: times.created_at, deleted_by: 'al' },
  );
  db.insert(
    'dependencies',
    {
      issue_id: 'hm-a1.1',
      depends_on_id: 'hm-a1',
      type: 'parent-child',
      created_at: times.created_at,
      created_by: 'al',
    },
    {
      issue_id: 'hm-a1',
      depends_on_id: 'hm-full',
      type: 'waits-for',
      created_at: '2025-11-02 10:00:00',
      created_by: 'al',
      metadata: '{"gate":"any-children"}',
      thread_id: 'hm-a1',
    },
    {
      issue_id: 'hm-a1',
      depends_on_id: 'external:other:thing',
      type: 'blocks',
      created_at: times.created_at,
      created_by: '',
    },
    { issue_id: 'hm-agent', depends_on_id: 'hm-a1', type: 'related', created_at: times.created_at, created_by: 'al' },
  );
  db.insert(
    'labels',
    { issue_id: 'hm-a1', label: 'ui' },
    { issue_id: 'hm-a1', label: 'Ünï' },
    { issue_id: 'hm-wisp-1', label: 'gt:wisp' },
  );
  db.insert(
    'comments',
    { issue_id: 'hm-a1', author: 'alice', text: DIFFICULT, created_at: '2025-11-02 11:00:00' },
    { issue_id: 'hm-a1', author: 'alice', text: 'the same second', created_at: '2025-11-02 11:00:00' },
    { issue_id: 'hm-agent', author: 'bob', text: 'on a wisp', created_at: '2025-11-02T11:00:00.25Z' },
  );
  db.insert(
    'events',
    {
      issue_id: 'hm-a1',
      event_type: 'created',
      actor: 'al',
      old_value: '',
      new_value: '',
      comment: null,
      created_at: '2025-11-02 10:00:00',
    },
    {
      issue_id: 'hm-a1',
      event_type: 'label_added',
      actor: 'al',
      old_value: null,
      new_value: null,
      comment: 'Added label: ui',
      created_at: '2025-11-02 10:00:01',
    },
    {
      issue_id: 'hm-agent',
      event_type: 'created',
      actor: 'al',
      old_value: null,
      new_value: null,
      comment: null,
      created_at: '2025-11-02 10:00:01',
    },
  );
  db.insert('issue_snapshots', {
    issue_id: 'hm-full',
    snapshot_time: '2025-11-05T00:00:00Z',
    compaction_level: 1,
    original_size: 100,
    compressed_size: 50,
    original_content: '{"title":"x"}',
    archived_events: null,
  });
  db.insert('compaction_snapshots', {
    issue_id: 'hm-full',
    compaction_level: 1,
    snapshot_json: new TextEncoder().encode('{"é":1}'),
    created_at: '2025-11-05 00:00:00',
  });
  db.insert('child_counters', { parent_id: 'hm-a1', last_child: 4 });
  db.insert(
    'config',
    { key: 'issue_prefix', value: 'hm-' },
    { key: 'status.custom', value: 'review:active,parked' },
    { key: 'types.custom', value: 'saga' },
    { key: 'compact_tier1_days', value: '7' },
    { key: 'kv.memory.x', value: DIFFICULT },
    { key: 'linear.last_sync', value: '2025-11-02T10:00:00Z' },
  );
  db.insert('metadata', { key: 'bd_version', value: '0.49.6' }, { key: 'last_import_hash', value: 'x' });
  db.insert('export_hashes', { issue_id: 'hm-a1', content_hash: 'x', exported_at: null });
  const others = Object.fromEntries(
    ['dependencies', 'labels', 'comments', 'events'].map((table) => [table, db.all(`SELECT * FROM ${table}`)]),
  );
  const issues = db.all('SELECT * FROM issues');
  db.close();
  return { issues, others };
}

describe.each(['embedded', 'server'] as const)('%s', (mode) => {
  let beadsDir: string;
  let result: RunResult;
  let before: ReturnType<typeof fill>;
  let ask: (...statements: string[]) => Promise<OracleRow[][]>;
  const dir = () => join(workspace.home, mode);

  beforeAll(async () => {
    mkdirSync(dir());
    beadsDir = legacyWorkspace(dir());
    before = fill(join(beadsDir, 'beads.db'));
    const where = mode === 'server' ? ['--server', '--server-port', String(server.port), '--database', 'hq'] : [];
    result = await workspace.bd(['migrate', '--to-dolt', '--json', ...where], { cwd: dir() });
    const database = mode === 'server' ? 'hq' : 'hm';
    ask = (...statements) =>
      mode === 'server'
        ? askServer(server.port, database, ...statements)
        : askEmbedded(beadsDir, database, ...statements);
  });

  test('succeeds, and counts every row', () => {
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(json(result)).toMatchObject({
      action: 'migrate',
      backend: 'dolt',
      mode,
      prefix: 'hm',
      issues: 6,
      resumed: false,
      tables: expect.arrayContaining([
        { table: 'issues', rows: 7, migrated: 6, wisps: 2, left_behind: 1 },
        { table: 'dependencies', rows: 4, migrated: 4, wisps: 1, left_behind: 0 },
        { table: 'comments', rows: 3, migrated: 3, wisps: 1, left_behind: 0 },
        { table: 'events', rows: 3, migrated: 3, wisps: 1, left_behind: 0 },
      ]),
    });
    const left = json<{ problems: { effect: string; table: string; row: string }[] }>(result).problems;
    expect(left.filter(({ effect }) => effect === 'left-behind').map(({ table, row }) => `${table} ${row}`)).toEqual([
      'issues hm-gone',
      'metadata last_import_hash',
      'export_hashes *',
    ]);
    expect(left.filter(({ effect }) => effect !== 'left-behind')).toEqual([]);
  });

  test('every issue is there, column by column', async () => {
    const [issues = [], wisps = []] = await ask('SELECT * FROM issues ORDER BY id', 'SELECT * FROM wisps ORDER BY id');
    expect(issues.map((row) => row['id'])).toEqual(['hm-a1', 'hm-a1.1', 'hm-a1.7', 'hm-full']);
    expect(wisps.map((row) => row['id'])).toEqual(['hm-agent', 'hm-wisp-1']);
    for (const row of [...issues, ...wisps]) {
      const old = before.issues.find(({ id }) => id === row['id']);
      for (const [column, value] of Object.entries(row)) {
        if (column === 'no_history' || column === 'started_at') continue;
        expect([row['id'], column, asText(column, value)]).toEqual([
          row['id'],
          column,
          expected(column, old?.[column], row),
        ]);
      }
    }
  });

  test('labels, edges, comments and events follow their issues', async () => {
    const tables = ['labels', 'dependencies', 'comments', 'events'];
    const found = await ask(...tables.flatMap((table) => [`SELECT * FROM ${table}`, `SELECT * FROM wisp_${table}`]));
    for (const [index, table] of tables.entries()) {
      const versioned = found[index * 2] ?? [];
      const local = found[index * 2 + 1] ?? [];
      const old = before.others[table] ?? [];
      expect(local.every(({ issue_id }) => ['hm-agent', 'hm-wisp-1'].includes(String(issue_id)))).toBe(true);
      expect(plain([...versioned, ...local])).toEqual(plain(old));
    }
    const [comments = []] = await ask('SELECT id, text FROM comments ORDER BY id');
    expect(comments.map((row) => row['text'])).toEqual([DIFFICULT, 'the same second']);
  });

  test('settings, custom words, counters and snapshots', async () => {
    const [config, local, statuses, types, counters, snapshots, compactions] = await ask(
      "SELECT `key`, value FROM config WHERE `key` IN ('issue_prefix', 'compact_tier1_days', 'kv.memory.x', 'compact_tier2_days')",
      "SELECT `key`, value FROM local_metadata WHERE `key` <> 'sqlite_migration'",
      'SELECT * FROM custom_statuses ORDER BY name',
      'SELECT * FROM custom_types',
      'SELECT * FROM child_counters',
      'SELECT * FROM issue_snapshots',
      'SELECT issue_id, CAST(snapshot_json AS CHAR) AS content, created_at FROM compaction_snapshots',
    );
    const pairs = (rows: OracleRow[] = []) => Object.fromEntries(rows.map(({ key, value }) => [key, value]));
    expect(pairs(config)).toEqual({
      issue_prefix: 'hm',
      compact_tier1_days: '7',
      compact_tier2_days: '90',
      'kv.memory.x': DIFFICULT,
    });
    expect(pairs(local)).toEqual({ bd_version: '0.49.6', 'linear.last_sync': '2025-11-02T10:00:00Z' });
    expect(statuses).toEqual([
      { name: 'parked', category: 'unspecified' },
      { name: 'review', category: 'active' },
    ]);
    expect(types).toEqual([{ name: 'saga' }]);
    expect(counters).toEqual([{ parent_id: 'hm-a1', last_child: 7 }]);
    expect(snapshots).toMatchObject([
      { issue_id: 'hm-full', original_content: '{"title":"x"}', archived_events: null, compressed_size: 50 },
    ]);
    expect(compactions).toEqual([{ issue_id: 'hm-full', content: '{"é":1}', created_at: '2025-11-05 00:00:00' }]);
  });

  test('one Dolt commit with the rows, its author, and nothing left uncommitted', async () => {
    const [log, status] = await ask('SELECT committer, message FROM dolt_log', 'SELECT * FROM dolt_status');
    expect(log?.[0]).toEqual({
      committer: 'tester',
      message: expect.stringMatching(/^Migrate from SQLite: 6 issues imported\n\nBackup: beads\.backup-/),
    });
    expect(log?.map((row) => String(row['message']).split('\n')[0])).toContain('bd init');
    expect(status).toEqual([]);
  });

  test('the workspace uses Dolt; the old file and a backup are there, unchanged', async () => {
    const metadata = JSON.parse(readFileSync(join(beadsDir, 'metadata.json'), 'utf8'));
    const [project] = await ask("SELECT value FROM metadata WHERE `key` = '_project_id'");
    expect(metadata).toMatchObject({
      database: 'dolt',
      backend: 'dolt',
      dolt_mode: mode,
      dolt_database: mode === 'server' ? 'hq' : 'hm',
      project_id: project?.[0]?.['value'],
      jsonl_export: 'issues.jsonl',
    });
    if (mode === 'server') expect(metadata).toMatchObject({ dolt_server_port: server.port });
    expect(readFileSync(join(beadsDir, 'config.yaml'), 'utf8')).toBe('# mine\nno-daemon: true\n');
    expect(readFileSync(join(beadsDir, '.gitignore'), 'utf8').split('\n')).toEqual(
      expect.arrayContaining(['*.db', 'daemon.log', 'dolt/', 'embeddeddolt/']),
    );
    const backups = readdirSync(beadsDir).filter((name) => name.includes('backup'));
    expect(backups).toEqual([expect.stringMatching(/^beads\.backup-pre-dolt-\d{8}-\d{6}\.db$/)]);
    const backup = join(beadsDir, backups[0] ?? '');
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    for (const path of [backup, join(beadsDir, 'beads.db')]) {
      const db = legacyDatabase(path);
      expect(db.all('SELECT * FROM issues')).toEqual(before.issues);
      db.close();
    }
    expect(readdirSync(beadsDir).filter((name) => name.startsWith('.migrate-'))).toEqual([]);
    expect(existsSync(join(beadsDir, 'dolt'))).toBe(mode === 'embedded');
  });

  test('bd works on it, and a second run says that there is nothing to do', async () => {
    const bd = (...args: string[]) => workspace.bd(args, { cwd: dir() });
    expect(json(await bd('show', 'hm-full', '--json'))).toMatchObject([{ id: 'hm-full', waiters: ['alice', 'bob'] }]);
    const created = json(await bd('create', 'New', '--parent', 'hm-a1', '--json'));
    expect(created).toMatchObject({ id: 'hm-a1.8' });
    const again = await bd('migrate', '--to-dolt');
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain('Already using Dolt');
    expect(json(await bd('migrate', '--to-dolt', '--json'))).toMatchObject({
      action: 'none',
      backend: 'dolt',
      version: 32,
    });
    expect((await bd('migrate')).stdout).toMatch(/Dolt database version: 32\n✓ Version matches/);
  });
});

const TIMES = ['created_at', 'updated_at', 'closed_at', 'compacted_at', 'last_activity', 'due_at', 'defer_until'];

/** What a column of Dolt is to hold for a value of SQLite, worked out apart from the code under test. */
function expected(column: string, value: unknown, row: OracleRow): string | null {
  if (column === 'ephemeral' && row['id'] === 'hm-agent') return '1';
  if (column === 'work_type') return value === 'mutex' ? '' : String(value);
  if (value === null)
    return [
      'assignee',
      'external_ref',
      'content_hash',
      'compacted_at_commit',
      'estimated_minutes',
      'original_size',
      ...TIMES,
    ].includes(column)
      ? null
      : column === 'timeout_ns'
        ? '0'
        : '';
  if (TIMES.includes(column)) {
    const known: Record<string, string> = { '2025-11-04 08:00:00.5 +0100 CET': '2025-11-04T07:00:00Z' };
    const text = known[String(value)] ?? String(value);
    return new Date(text.replace(/\.\d+/, '')).toISOString().slice(0, 19).replace('T', ' ');
  }
  return asText(column, value);
}

function asText(column: string, value: unknown): string | null {
  if (value === null) return null;
  return column === 'metadata' ? JSON.stringify(sorted(JSON.parse(String(value)))) : String(value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** Rows without their numbers, times cut to seconds, in one order. */
function plain(rows: readonly OracleRow[]): string[] {
  return rows
    .map((row) => {
      const { id: _id, created_at, metadata, ...rest } = row;
      const time = created_at === undefined ? '' : String(created_at).slice(0, 19).replace('T', ' ');
      const extra = metadata === undefined ? '' : JSON.stringify(sorted(JSON.parse(String(metadata))));
      return JSON.stringify([Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)), time, extra]);
    })
    .sort();
}
