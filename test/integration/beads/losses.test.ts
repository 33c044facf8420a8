import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { connectServer } from '../../../src/database/server.ts';
import type { Database } from '../../../src/database/types.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { type CuttingProxy, startCuttingProxy } from '../../helpers/cutting-proxy.ts';
import { type BeadsUnderTest, contextOf, DATABASE, makeBeads } from './beads-under-test.ts';

// Every statement of a create, in the order in which they are sent.
const STATEMENTS = [
  'FROM config',
  'COUNT(*)',
  'START TRANSACTION',
  'INSERT INTO issues',
  'INSERT INTO labels',
  'INSERT INTO events',
  'DOLT_ADD',
  'DOLT_COMMIT',
] as const;
const MOMENTS = STATEMENTS.flatMap((text) => [[text, 'before'] as const, [text, 'after'] as const]);

/** How much of the issue with this title is there: 0 nothing, 1 all of it; fails on anything between. */
async function found(db: Database, title: string): Promise<number> {
  const issues = await db.query('SELECT id FROM issues WHERE title = ?', [title]);
  const [issue] = issues;
  if (!issue) return 0;
  const id = String(issue['id']);
  const events = await db.query('SELECT event_type FROM events WHERE issue_id = ? ORDER BY event_type', [id]);
  expect(events.map((event) => event['event_type'])).toEqual(['created', 'label_added']);
  expect(await db.query('SELECT label FROM labels WHERE issue_id = ?', [id])).toEqual([{ label: 'x' }]);
  const commits = await db.query('SELECT message FROM dolt_log WHERE message = ?', [`bd: create ${id} by alice`]);
  expect(commits).toHaveLength(1);
  expect(await db.query('SELECT table_name FROM dolt_status')).toEqual([]);
  return issues.length;
}

describe('a create whose connection is lost is there once', () => {
  let beads: BeadsUnderTest;
  let proxy: CuttingProxy;
  let db: Database;

  beforeAll(async () => {
    beads = await makeBeads('server');
    proxy = await startCuttingProxy(beads.driver.server?.port ?? 0);
    db = await connectServer({ host: '127.0.0.1', port: proxy.port, user: 'root', database: DATABASE });
  });

  afterAll(async () => {
    await db?.close();
    await proxy?.close();
    await beads?.dispose();
  });

  test.each(MOMENTS)('at "%s", %s the server saw it', async (text, when) => {
    const title = `lost ${text} ${when}`;
    proxy.cut(text, when);
    const issue = await createIssue(contextOf(db, { autoCommit: true }), { title, labels: ['x'] });
    expect(proxy.waiting).toBe(false);
    expect(await found(beads.ctx.db, title)).toBe(1);
    expect(await beads.ctx.db.query('SELECT title FROM issues WHERE id = ?', [issue.id])).toEqual([{ title }]);
  });

  test('an update that appends is not done twice', async () => {
    const { id } = await createIssue(beads.ctx, { title: 'Append' });
    proxy.cut('COMMIT', 'after');
    await updateIssues(contextOf(db), [id], { append_notes: 'once' });
    expect(proxy.waiting).toBe(false);
    expect(await beads.ctx.db.query('SELECT notes FROM issues WHERE id = ?', [id])).toEqual([{ notes: 'once' }]);
  });
});

describe('a create whose embedded child dies is there once', () => {
  let beads: BeadsUnderTest;

  beforeAll(async () => {
    beads = await makeBeads('embedded');
  });

  afterAll(() => beads?.dispose());

  test.each(MOMENTS)('at "%s", %s Dolt saw it', async (text, when) => {
    const title = `lost ${text} ${when}`;
    const order = join(dirname(beads.driver.directory), 'cut');
    writeFileSync(order, '');
    const db = await beads.driver.open({
      doltBin: join(import.meta.dirname, '../../fixtures/cutting-dolt.mjs'),
      env: {
        PATH: process.env['PATH'],
        GT_DOLT_BIN: process.env['GT_DOLT_BIN'],
        CUT_TEXT: text,
        CUT_WHEN: when,
        CUT_ORDER: order,
      },
    });
    try {
      await createIssue(contextOf(db, { autoCommit: true }), { title, labels: ['x'] });
    } finally {
      await db.close();
    }
    expect(existsSync(order)).toBe(false);
    expect(await found(beads.ctx.db, title)).toBe(1);
  });
});

describe('a create whose server is killed is there whole or not at all', () => {
  let beads: BeadsUnderTest;
  let server: BareServer;
  let proxy: CuttingProxy;

  beforeAll(async () => {
    beads = await makeBeads('server');
    await beads.ctx.db.close();
    if (!beads.driver.server) throw new Error('no server');
    server = beads.driver.server;
    proxy = await startCuttingProxy(server.port);
  });

  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
    await beads?.dispose();
  });

  test.each(MOMENTS)('at "%s", %s it saw it', async (text, when) => {
    const title = `killed ${text} ${when}`;
    const options = { host: '127.0.0.1', user: 'root', database: DATABASE, reconnectMs: 100 };
    const db = await connectServer({ ...options, port: proxy.port });
    proxy.cut(text, when, () => process.kill(server.pid, 'SIGKILL'));
    const created = await createIssue(contextOf(db, { autoCommit: true }), { title, labels: ['x'] }).catch(
      () => undefined,
    );
    expect(proxy.waiting).toBe(false);
    await db.close();
    await server.stop();
    server = await startBareServer({ dataDir: server.dataDir, port: server.port });
    const oracle = await connectServer({ ...options, port: server.port });
    const count = await found(oracle, title);
    await oracle.close();
    if (created) expect(count).toBe(1);
    else expect(count).toBeLessThanOrEqual(1);
  });
});
