import fc from 'fast-check';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blockedIssues } from '../../../src/beads/query/blocked.ts';
import { readyWork } from '../../../src/beads/query/ready.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { DRIVERS } from '../database/drivers.ts';
import { type Graph, NOW, naiveBlocked, naiveReady } from './naive-work.ts';

const STATUSES = ['open', 'open', 'open', 'in_progress', 'closed', 'pinned', 'deferred', 'review'];
const TYPES = ['task', 'bug', 'epic', 'gate', 'message', 'molecule'];
const EDGES = ['blocks', 'conditional-blocks', 'parent-child', 'waits-for', 'related'];
const DEFER = [undefined, undefined, undefined, '2026-06-01 11:59:59', '2026-06-01 12:00:00', '2026-06-01 12:00:01'];

const COUNT = 9;
const issue = fc.record({
  status: fc.constantFrom(...STATUSES),
  type: fc.constantFrom(...TYPES, ...Array.from({ length: 12 }, () => 'task')),
  priority: fc.integer({ min: 0, max: 4 }),
  created: fc.integer({ min: 0, max: 5 }),
  pinned: fc.constantFrom(0, 0, 0, 0, 1),
  ephemeral: fc.constantFrom(0, 0, 0, 1),
  wisp: fc.constantFrom(false, false, false, true),
  defer: fc.constantFrom(...DEFER),
});
const edge = fc.record({
  from: fc.nat(COUNT - 1),
  // One more than there are issues: a target that does not exist.
  to: fc.nat(COUNT),
  type: fc.constantFrom(...EDGES),
  gate: fc.constantFrom('{}', '{}', '{"gate":"any-children"}', '{"gate":"all-children"}'),
});
const graph = fc.record({
  issues: fc.array(issue, { minLength: COUNT, maxLength: COUNT }),
  edges: fc.array(edge, { maxLength: 16 }),
});

describe.each(DRIVERS)('%s', (mode) => {
  let beads: BeadsDatabase;

  beforeAll(async () => {
    beads = await makeBeadsDatabase(mode);
  });
  afterAll(() => beads.dispose());

  test('ready and blocked are what a naive computation over the rows finds', { timeout: 300_000 }, async () => {
    const ctx = beads.context({ now: () => NOW });
    await fc.assert(
      fc.asyncProperty(graph, async ({ issues, edges }) => {
        await beads.clear();
        await insertGraph(beads, issues, edges);
        const stored = await readGraph(beads);
        for (const [includeDeferred, includeEphemeral] of [
          [false, false],
          [true, true],
        ] as const) {
          const { issues: ready } = await readyWork(ctx, { includeDeferred, includeEphemeral, limit: 0 });
          expect(ready.map(({ id }) => id)).toEqual(naiveReady(stored, { includeDeferred, includeEphemeral }));
        }
        const paged = await readyWork(ctx, { limit: 3 });
        const all = naiveReady(stored, { includeDeferred: false, includeEphemeral: false });
        expect(paged.issues.map(({ id }) => id)).toEqual(all.slice(0, 3));
        expect(paged.more).toBe(all.length > 3);
        const blocked = await blockedIssues(ctx);
        expect(Object.fromEntries(blocked.map(({ id, blocked_by }) => [id, [...blocked_by].sort()]))).toEqual(
          naiveBlocked(stored),
        );
      }),
      { numRuns: mode === 'server' ? 40 : 20 },
    );
  });
});

type IssueInput = typeof issue extends fc.Arbitrary<infer T> ? T : never;
type EdgeInput = typeof edge extends fc.Arbitrary<infer T> ? T : never;

async function insertGraph(beads: BeadsDatabase, issues: readonly IssueInput[], edges: readonly EdgeInput[]) {
  const id = (index: number) => (index < COUNT ? `hm-${index}` : 'external:other:x');
  const rows = issues.map((each, index) => ({
    wisp: each.wisp,
    row: {
      id: id(index),
      title: `Issue ${index}`,
      description: '',
      design: '',
      acceptance_criteria: '',
      notes: '',
      status: each.status,
      issue_type: each.type,
      priority: each.priority,
      created_at: `2026-05-0${each.created + 1} 00:00:00`,
      pinned: each.pinned,
      ephemeral: each.ephemeral,
      defer_until: each.defer ?? null,
    },
  }));
  for (const wisp of [false, true]) {
    const own = rows.filter((each) => each.wisp === wisp).map(({ row }) => row);
    if (own.length > 0) await insertObjects(beads.db, wisp ? 'wisps' : 'issues', own);
    const seen = new Set<string>();
    const ownEdges = edges.filter(({ from, to }) => {
      const key = `${from} ${to}`;
      if (issues[from]?.wisp !== wisp || from === to || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    if (ownEdges.length === 0) continue;
    await insertObjects(
      beads.db,
      wisp ? 'wisp_dependencies' : 'dependencies',
      ownEdges.map(({ from, to, type, gate }) => ({
        issue_id: id(from),
        depends_on_id: id(to),
        type,
        created_by: 'alice',
        metadata: gate,
      })),
    );
  }
}

/** The rows as a plain client sees them; in embedded mode no other client can look. */
async function readGraph(beads: BeadsDatabase): Promise<Graph> {
  const read = async (sql: string): Promise<Record<string, unknown>[]> => {
    if (beads.port === undefined) return beads.db.query(sql);
    const connection = await createConnection({
      host: '127.0.0.1',
      port: beads.port,
      user: 'root',
      database: beads.db.name,
      dateStrings: true,
    });
    const [rows] = await connection.query(sql);
    await connection.end();
    return rows as Record<string, unknown>[];
  };
  const columns = 'id, status, issue_type, priority, created_at, pinned, ephemeral, defer_until';
  const edges = 'issue_id, depends_on_id, type, CAST(metadata AS CHAR) AS metadata';
  return {
    issues: [...(await read(`SELECT ${columns} FROM issues`)), ...(await read(`SELECT ${columns} FROM wisps`))],
    edges: [
      ...(await read(`SELECT ${edges} FROM dependencies`)),
      ...(await read(`SELECT ${edges} FROM wisp_dependencies`)),
    ],
  };
}
