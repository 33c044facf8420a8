import fc from 'fast-check';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { exportIssues } from '../../../src/beads/transfer/export.ts';
import { importIssues } from '../../../src/beads/transfer/import.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { DRIVERS } from '../database/drivers.ts';

// No unit may be half of a surrogate pair: such a text is no Unicode and no column holds it.
const text = fc.oneof(
  fc.constantFrom(
    '',
    "it's",
    '"quoted" \\ back',
    'line\nbreak\r\n\ttab',
    '\0nul',
    '🐝 emoji',
    '日本語',
    '\u2028\u2029',
  ),
  fc.constantFrom('<b>&amp;</b>', '{"a":1}', '2026-01-01T00:00:00Z', '-- ;DROP TABLE issues', '%_', ' spaced '),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
);
const name = fc.oneof(fc.constantFrom('alice', "o'brien", 'ä b'), fc.string({ unit: 'grapheme', maxLength: 20 }));
const title = text.filter((each) => each.trim() !== '');
const time = fc
  .date({ min: new Date('2001-01-01T00:00:00Z'), max: new Date('2037-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 19).replace('T', ' '));
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const json = fc.dictionary(
  fc.constantFrom('b', 'a', 'key with "quote"', 'ä'),
  fc.oneof(text, fc.integer(), fc.array(fc.boolean())),
);
const flag = fc.constantFrom(0, 0, 0, 1);

const row = fc.record({
  title,
  description: text,
  design: text,
  acceptance_criteria: text,
  notes: text,
  status: fc.constantFrom('open', 'in_progress', 'closed', 'blocked', 'review', 'pinned'),
  priority: fc.integer({ min: 0, max: 4 }),
  issue_type: fc.constantFrom('task', 'bug', 'epic', 'gate', 'custom-type'),
  assignee: maybe(name.filter((each) => each !== '')),
  estimated_minutes: maybe(fc.integer({ min: 0, max: 100_000 })),
  created_at: time,
  created_by: name,
  owner: name,
  updated_at: time,
  external_ref: maybe(name.filter((each) => each !== '')),
  spec_id: name,
  compaction_level: fc.integer({ min: 0, max: 2 }),
  compacted_at: maybe(time),
  compacted_at_commit: maybe(fc.constant('abc123')),
  original_size: maybe(fc.integer({ min: 1, max: 9_999 })),
  sender: name,
  pinned: flag,
  is_template: flag,
  mol_type: fc.constantFrom('', 'swarm'),
  work_type: fc.constantFrom('', 'mutex'),
  source_system: name,
  metadata: json.map((value) => JSON.stringify(value)),
  close_reason: text,
  closed_by_session: name,
  event_kind: fc.constantFrom('', 'patrol.done'),
  actor: name,
  target: name,
  payload: text,
  await_type: fc.constantFrom('', 'timer'),
  await_id: name,
  timeout_ns: fc.integer({ min: 0, max: 2 ** 40 }),
  waiters: fc.oneof(
    fc.constant(''),
    fc.array(name, { minLength: 1, maxLength: 3 }).map((list) => JSON.stringify(list)),
  ),
  due_at: maybe(time),
  defer_until: maybe(time),
  started_at: maybe(time),
  ephemeral: flag,
  no_history: flag,
  wisp_type: fc.constantFrom('', 'patrol'),
});
const edge = fc.record({
  from: fc.nat(3),
  to: fc.constantFrom('hm-0', 'hm-1', 'hm-2', 'external:other:x', 'zz-gone'),
  type: fc.constantFrom('blocks', 'parent-child', 'related', 'waits-for', 'my-own'),
  created_at: time,
  created_by: name,
  metadata: json.map((value) => JSON.stringify(value)),
  thread_id: name,
});
const comment = fc.record({ issue: fc.nat(3), id: fc.uuid(), author: name, text: title, created_at: time });
const content = fc.record({
  issues: fc.array(row, { minLength: 1, maxLength: 4 }),
  labels: fc.array(fc.record({ issue: fc.nat(3), label: title.filter((each) => each.length < 40) }), { maxLength: 5 }),
  edges: fc.array(edge, { maxLength: 5 }),
  comments: fc.array(comment, { maxLength: 4 }),
  memories: fc.dictionary(fc.constantFrom('one', 'two.three', 'ä'), text, { maxKeys: 2 }),
});
type Content = typeof content extends fc.Arbitrary<infer T> ? T : never;

describe.each(DRIVERS)('%s', (mode) => {
  let beads: BeadsDatabase;

  beforeAll(async () => {
    beads = await makeBeadsDatabase(mode);
  });
  afterAll(() => beads.dispose());

  test('what is exported and imported again are the same rows', { timeout: 300_000 }, async () => {
    const ctx = beads.context();
    await fc.assert(
      fc.asyncProperty(content, async (given) => {
        await reset(beads);
        await insertContent(beads, given);
        const before = await tables(beads);
        const lines = await exported(ctx);
        expect(lines.split('\n').length - 1).toBe(given.issues.length + Object.keys(given.memories).length);

        const again = await importIssues(ctx, { open: () => chunksOf(lines), source: 'test' });
        expect(again).toMatchObject({ created: 0, updated: 0, unchanged: given.issues.length });
        expect(await tables(beads)).toEqual(before);

        await reset(beads);
        const result = await importIssues(ctx, { open: () => chunksOf(lines), source: 'test' });
        expect(result).toMatchObject({ created: given.issues.length, updated: 0, unchanged: 0, skipped: 0 });
        expect(await tables(beads)).toEqual(before);
        expect(await exported(ctx)).toBe(lines);
      }),
      { numRuns: mode === 'server' ? 40 : 15 },
    );
  });
});

async function exported(ctx: BeadsContext): Promise<string> {
  let lines = '';
  await exportIssues(ctx, { includeInfra: true, includeMemories: true }, async (chunk) => {
    lines += chunk.text;
  });
  return lines;
}

/** Pieces that end anywhere, in the middle of a character too. */
async function* chunksOf(lines: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(lines);
  for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97);
}

async function reset(beads: BeadsDatabase): Promise<void> {
  await beads.clear();
  await beads.db.execute("DELETE FROM config WHERE `key` LIKE 'kv.%'");
}

async function insertContent(beads: BeadsDatabase, given: Content): Promise<void> {
  const isWisp = (index: number) => given.issues[index]?.ephemeral === 1 || given.issues[index]?.no_history === 1;
  for (const wisp of [false, true]) {
    const prefix = wisp ? 'wisp_' : '';
    const here = (index: number) => index < given.issues.length && isWisp(index) === wisp;
    await insertObjects(
      beads.db,
      wisp ? 'wisps' : 'issues',
      given.issues.flatMap((each, index) =>
        here(index)
          ? [{ id: `hm-${index}`, ...each, closed_at: each.status === 'closed' ? each.updated_at : null }]
          : [],
      ),
    );
    const own = <T extends { issue: number }>(all: readonly T[]) => all.filter(({ issue }) => here(issue));
    const labels = new Map(
      own(given.labels).map(({ issue, label }) => [`${issue} ${label}`, { issue_id: `hm-${issue}`, label }]),
    );
    await insertObjects(beads.db, `${prefix}labels`, [...labels.values()]);
    const edges = given.edges
      .filter(({ from, to }) => here(from) && to !== `hm-${from}`)
      .map(({ from, to, ...rest }) => ({ issue_id: `hm-${from}`, depends_on_id: to, ...rest }));
    const pairs = new Map(edges.map((each) => [`${each.issue_id} ${each.depends_on_id}`, each]));
    await insertObjects(beads.db, `${prefix}dependencies`, [...pairs.values()]);
    await insertObjects(
      beads.db,
      `${prefix}comments`,
      own(given.comments).map(({ issue, ...rest }) => ({ issue_id: `hm-${issue}`, ...rest })),
    );
  }
  const memories = Object.entries(given.memories).map(([key, value]) => ({ key: `kv.memory.${key}`, value }));
  await insertObjects(beads.db, 'config', memories);
}

const SKIPPED_COLUMNS = new Set([
  'content_hash',
  'last_activity',
  'agent_state',
  'hook_bead',
  'role_bead',
  'role_type',
  'rig',
]);

/**
 * Every row of every table that an export is about, as a plain client reads them. What the programs
 * treat alike is made alike: NULL and the empty text.
 */
async function tables(beads: BeadsDatabase): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const prefix of ['', 'wisp_']) {
    const issues = prefix === '' ? 'issues' : 'wisps';
    for (const table of [issues, `${prefix}labels`, `${prefix}dependencies`, `${prefix}comments`]) {
      found[table] = await plainRows(beads, `SELECT * FROM ${table} ORDER BY 1, 2`);
    }
  }
  found['config'] = await plainRows(beads, "SELECT * FROM config WHERE `key` LIKE 'kv.%' ORDER BY 1");
  return found;
}

async function plainRows(beads: BeadsDatabase, sql: string): Promise<unknown[]> {
  const rows = beads.port === undefined ? await beads.db.query(sql) : await readPlainly(beads, sql);
  return rows.map((each) =>
    Object.fromEntries(
      Object.entries(each)
        .filter(([column, value]) => !SKIPPED_COLUMNS.has(column) && value !== null && value !== '')
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  );
}

async function readPlainly(beads: BeadsDatabase, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({
    host: '127.0.0.1',
    port: beads.port ?? 0,
    user: 'root',
    database: beads.db.name,
    dateStrings: true,
  });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}
