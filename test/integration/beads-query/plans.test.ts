import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { closeIssues } from '../../../src/beads/operations/close.ts';
import { addComment } from '../../../src/beads/operations/comments.ts';
import { asksToCreate, createIssue } from '../../../src/beads/operations/create.ts';
import { addLabel } from '../../../src/beads/operations/labels.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { asksForBlocked, blockedIssues } from '../../../src/beads/query/blocked.ts';
import { asksToList, listIssues } from '../../../src/beads/query/list.ts';
import { asksForReady, readyWork } from '../../../src/beads/query/ready.ts';
import { searchIssues } from '../../../src/beads/query/search.ts';
import { asksToShow, showIssues } from '../../../src/beads/query/show.ts';
import { status } from '../../../src/beads/query/stats.ts';
import { statementsOf, withAnswers } from '../../../src/database/foresight.ts';
import { formatSql } from '../../../src/database/sql-text.ts';
import type { Database, Queryable, Row } from '../../../src/database/types.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { generateIssues } from '../../helpers/generate-issues.ts';

let beads: BeadsDatabase;

beforeAll(async () => {
  beads = await makeBeadsDatabase('server');
  // Dolt reads a table as a whole where it is small.
  const { issues, dependencies, labels, comments, events } = generateIssues({ count: 1_000, prefix: 'hm' });
  for (const [table, rows] of Object.entries({ issues, dependencies, labels, comments, events })) {
    await insertObjects(beads.db, table, rows);
  }
});

afterAll(() => beads.dispose());

/** A context whose statements are noted. */
function recording(): { ctx: BeadsContext; statements: string[]; trips: string[][] } {
  const statements: string[] = [];
  const trips: string[][] = [];
  const noting = (db: Queryable): Queryable => ({
    query: (sql, parameters) => {
      statements.push(formatSql(sql, parameters));
      trips.push([sql]);
      return db.query(sql, parameters);
    },
    execute: (sql, parameters) => {
      statements.push(formatSql(sql, parameters));
      return db.execute(sql, parameters);
    },
    queryAll:
      db.queryAll &&
      ((asked) => {
        statements.push(...asked);
        trips.push([...asked]);
        return db.queryAll?.(asked) ?? Promise.reject(new Error('no queryAll'));
      }),
  });
  const { db } = beads;
  const noted: Database = {
    ...db,
    ...noting(db),
    transaction: (work, options) => db.transaction((tx) => work(noting(tx)), options),
  };
  return { ctx: beads.context({ db: noted }), statements, trips };
}

/** The tables of issues that a plan reads as a whole. */
async function scanned(statement: string): Promise<string[]> {
  const plan = (await beads.db.query(`DESCRIBE PLAN ${statement}`)).map((row) => String(row['plan']));
  return plan.flatMap((line, index) => {
    // Through an index from end to end, too.
    const [, indexed] = /IndexedTableAccess\((\w+)\)$/.exec(line) ?? [];
    const ranges = plan.slice(index + 1, index + 4).find((each) => each.includes('filters: [{'));
    const bounded = ranges?.replace('filters: [{', '').replaceAll('[NULL, ∞)', '').match(/[[(]/);
    if (indexed && TABLES.includes(indexed) && ranges && !bounded) return [indexed];
    const name = /─ name: (\w+)$/.exec(plan[index + 1] ?? '')?.[1];
    return / Table$/.test(line) && name && TABLES.includes(name) ? [name] : [];
  });
}

const TABLES = ['issues', 'dependencies', 'labels', 'comments', 'events'];

describe('what is not shown is not read: no statement reads a table of issues as a whole', () => {
  const paths: Record<string, (ctx: BeadsContext) => Promise<unknown>> = {
    show: (ctx) => showIssues(ctx, ['hm-0001']),
    create: (ctx) => createIssue(ctx, { title: 'One more' }),
    update: (ctx) => updateIssues(ctx, ['hm-0001'], { priority: 4 }),
    close: (ctx) => closeIssues(ctx, ['hm-0001']),
    comment: (ctx) => addComment(ctx, 'hm-0002', 'Seen'),
    label: (ctx) => addLabel(ctx, ['hm-0002'], 'new'),
    list: (ctx) => listIssues(ctx, { limit: 50 }),
    'list by priority': (ctx) => listIssues(ctx, { limit: 50, filter: { priorities: [1] } }),
    'list by assignee': (ctx) => listIssues(ctx, { limit: 50, filter: { assignee: 'alice' } }),
    'list by label': (ctx) => listIssues(ctx, { limit: 50, filter: { labels: ['ui'] } }),
    ready: (ctx) => readyWork(ctx, { limit: 10 }),
    search: (ctx) => searchIssues(ctx, { query: 'hm-00', limit: 50 }),
  };

  test.each(Object.keys(paths))('%s', async (name) => {
    const { ctx, statements } = recording();
    await paths[name]?.(ctx);
    const read = statements.filter((statement) => /^\s*(SELECT|WITH|UPDATE|DELETE)/i.test(statement));
    expect(read.length).toBeGreaterThan(0);
    // What is blocked can be anywhere among the dependencies.
    const allowed = name === 'ready' ? ['dependencies'] : [];
    for (const statement of read) {
      expect(
        (await scanned(statement)).filter((table) => !allowed.includes(table)),
        statement,
      ).toEqual([]);
    }
  });

  /** What a command that tells of all issues reads as a whole: once, and nothing else. */
  const wholes: Record<string, { run: (ctx: BeadsContext) => Promise<unknown>; reads: string[] }> = {
    blocked: { run: (ctx) => blockedIssues(ctx, { lines: true }), reads: ['dependencies', 'issues'] },
    stats: { run: (ctx) => status(ctx, { activity: true }), reads: ['dependencies', 'issues'] },
  };

  test.each(Object.keys(wholes))('%s', async (name) => {
    const { ctx, statements } = recording();
    await wholes[name]?.run(ctx);
    const found: string[] = [];
    for (const statement of statements) found.push(...(await scanned(statement)));
    expect(found.sort()).toEqual(wholes[name]?.reads);
  });

  test('a statement that does is noticed', async () => {
    expect(await scanned("SELECT id FROM issues WHERE title = 'x'")).toEqual(['issues']);
    const byHint = 'SELECT /*+ MERGE_JOIN(d,t) */ d.type FROM dependencies d JOIN issues t ON t.id = d.depends_on_id';
    expect(await scanned(byHint)).toEqual(['dependencies', 'issues']);
  });
});

test('what can be asked at once is asked at once: a page takes few round trips', async () => {
  const shown = recording();
  await showIssues(shown.ctx, ['hm-0001', 'hm-0002']);
  // The issues; what hangs on them; the issues that they are linked with.
  expect(shown.trips).toHaveLength(3);
  const listed = recording();
  await listIssues(listed.ctx, { limit: 50 });
  // Words and tables; ids of the first page; its rows with what hangs on them.
  expect(listed.trips).toHaveLength(3);
});

describe('what a command asks ahead is what it asks first', () => {
  const id = 'hm-0001';
  const paths: Record<string, { ahead: (db: Queryable) => unknown; run: (ctx: BeadsContext) => Promise<unknown> }> = {
    show: { ahead: asksToShow([id]), run: (ctx) => showIssues(ctx, [id]) },
    list: { ahead: asksToList, run: (ctx) => listIssues(ctx, { limit: 50 }) },
    search: { ahead: asksToList, run: (ctx) => searchIssues(ctx, { query: 'hm-00', limit: 50 }) },
    ready: { ahead: asksForReady, run: (ctx) => readyWork(ctx, { limit: 10 }) },
    blocked: { ahead: asksForBlocked, run: (ctx) => blockedIssues(ctx, { lines: true }) },
  };

  test.each(Object.keys(paths))('%s', async (name) => {
    const path = paths[name];
    if (!path) throw new Error(name);
    const plain = recording();
    const expected = await path.run(plain.ctx);
    const ahead = statementsOf(path.ahead);
    expect(ahead.length).toBeGreaterThan(1);
    expect(plain.statements).toEqual(expect.arrayContaining(ahead));

    const answers = new Map<string, Row[]>();
    for (const statement of ahead) answers.set(statement, await beads.db.query(statement));
    const foreseen = recording();
    expect(await path.run({ ...foreseen.ctx, db: withAnswers(foreseen.ctx.db, answers) })).toEqual(expected);
    expect(answers.size).toBe(0);
    expect(foreseen.trips.length).toBeLessThan(plain.trips.length);
    for (const statement of ahead) expect(foreseen.statements).not.toContain(statement);
  });

  test('create', async () => {
    const { ctx, statements } = recording();
    await createIssue(ctx, { title: 'Foreseen' });
    const ahead = statementsOf(asksToCreate);
    expect(statements.slice(0, ahead.length)).toEqual(ahead);
    expect(ahead).toHaveLength(2);
  });
});
