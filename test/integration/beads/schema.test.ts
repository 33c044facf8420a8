import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSchema } from '../../../src/beads/schema/create.ts';
import {
  ensureLocalTables,
  readSchemaState,
  readSchemaStateAnd,
  requireKnownSchema,
} from '../../../src/beads/schema/level.ts';
import { LOCAL_TABLES } from '../../../src/beads/schema/local-tables.ts';
import type { Database } from '../../../src/database/types.ts';
import { DATABASE, DRIVERS, type DriverUnderTest, makeDriver } from '../database/drivers.ts';

const OPTIONS = { prefix: 'hm', projectId: 'p-1', commitAuthor: 'Test <test@example.com>' };

describe.each(DRIVERS)('the schema, %s', (mode) => {
  let driver: DriverUnderTest;
  let db: Database;

  beforeAll(async () => {
    driver = await makeDriver(mode);
    db = await driver.open();
  });

  afterAll(async () => {
    await db?.close();
    await driver?.dispose();
  });

  const use = (writable: boolean) => ({ name: DATABASE, writable });

  test('of a foreign database is none', async () => {
    const state = await readSchemaState(db);
    expect(state).toMatchObject({ level: 0, hasIssues: false, projectId: undefined });
    expect(() => requireKnownSchema(state, use(false))).toThrow('holds no issues');
  });

  test('of a foreign database is none, whatever is asked along', async () => {
    const { state, answers } = await readSchemaStateAnd(db, ['SELECT id FROM issues']);
    expect(state).toMatchObject({ level: 0, hasIssues: false });
    expect(answers.size).toBe(0);
  });

  test('is made by two at once as one, committed whole', async () => {
    const other = await driver.open();
    const results = await Promise.all([
      createSchema(db, OPTIONS),
      createSchema(other, { ...OPTIONS, projectId: 'p-2' }),
    ]);
    await other.close();
    expect(results.map(({ created }) => created).sort()).toEqual([false, true]);
    expect(new Set(results.map(({ projectId }) => projectId)).size).toBe(1);
    expect(await db.query('SELECT table_name FROM dolt_status')).toEqual([]);
    expect((await db.query('SELECT message FROM dolt_log')).map((row) => row['message'])).toEqual([
      'bd init',
      'Initialize data repository',
    ]);
    const state = await readSchemaState(db);
    expect(state).toMatchObject({ level: 32, hasIssues: true, missingLocalTables: [] });
    expect(() => requireKnownSchema(state, use(true))).not.toThrow();
  });

  test('is read along with what is asked ahead; what cannot be answered stands in nothing’s way', async () => {
    const asked = await readSchemaStateAnd(db, ['SELECT 1 AS one', 'SELECT 2 AS two']);
    expect(asked.state).toEqual(await readSchemaState(db));
    expect(asked.answers.get('SELECT 2 AS two')).toEqual([{ two: 2 }]);
    const failed = await readSchemaStateAnd(db, ['SELECT 1 AS one', 'SELECT none FROM nowhere']);
    expect(failed.state).toEqual(asked.state);
    expect(failed.answers.size).toBe(0);
  });

  test('has the tables, columns and keys of level 32', async () => {
    const [issues] = await db.query('SHOW CREATE TABLE issues');
    const ddl = String(issues?.['Create Table']);
    const columns = [...ddl.matchAll(/^ {2}`(\w+)` (.*?),?$/gm)].map((match) => [match[1], match[2]]);
    expect(columns).toHaveLength(53);
    expect(columns.slice(0, 5)).toEqual([
      ['id', 'varchar(255) NOT NULL'],
      ['content_hash', 'varchar(64)'],
      ['title', 'varchar(500) NOT NULL'],
      ['description', 'longtext NOT NULL'],
      ['design', 'longtext NOT NULL'],
    ]);
    expect(Object.fromEntries(columns)).toMatchObject({
      updated_at: 'datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
      metadata: 'json DEFAULT (json_object())',
      work_type: "varchar(32) DEFAULT 'mutex'",
      compaction_level: "int DEFAULT '0'",
      waiters: "longtext DEFAULT ''",
      started_at: 'datetime',
    });
    const [wisps] = await db.query('SHOW CREATE TABLE wisps');
    expect(String(wisps?.['Create Table'])).toContain("`notes` longtext NOT NULL DEFAULT ''");
    const keys = await db.query('SHOW INDEX FROM dependencies');
    expect([...new Set(keys.map((key) => key['Key_name']))].sort()).toEqual([
      'PRIMARY',
      'idx_dependencies_depends_on',
      'idx_dependencies_depends_on_type',
      'idx_dependencies_issue',
      'idx_dependencies_thread',
    ]);
    expect(await db.query('SELECT * FROM dolt_ignore ORDER BY pattern')).toEqual(
      ['local_metadata', 'repo_mtimes', 'wisp_%', 'wisps'].map((pattern) => ({ pattern, ignored: 1 })),
    );
    expect(await db.query("SELECT value FROM config WHERE `key` = 'issue_prefix'")).toEqual([{ value: 'hm' }]);
    for (const view of ['ready_issues', 'blocked_issues']) expect(await db.query(`SELECT * FROM ${view}`)).toEqual([]);
  });

  test('gets its local tables back where a clone lacks them, without a commit', async () => {
    await db.execute('DROP TABLE wisps');
    await db.execute('DROP TABLE wisp_labels');
    const { missingLocalTables } = await readSchemaState(db);
    expect(missingLocalTables).toEqual(['wisps', 'wisp_labels']);
    await ensureLocalTables(db, missingLocalTables);
    expect((await readSchemaState(db)).missingLocalTables).toEqual([]);
    expect(await db.query('SELECT table_name FROM dolt_status')).toEqual([]);
  });

  test('that a killed run committed without the local tables is completed', async () => {
    for (const { name } of LOCAL_TABLES) await db.execute(`DROP TABLE ${name}`);
    expect(await createSchema(db, OPTIONS)).toMatchObject({ created: false });
    expect((await readSchemaState(db)).missingLocalTables).toEqual([]);
    expect(await db.query('SELECT table_name FROM dolt_status')).toEqual([]);
  });

  test('of another level is not guessed at', async () => {
    await db.execute('INSERT INTO schema_migrations VALUES (40)');
    const newer = await readSchemaState(db);
    expect(() => requireKnownSchema(newer, use(false))).not.toThrow();
    expect(() => requireKnownSchema(newer, use(true))).toThrow('has schema level 40; this bd writes level 32');
    await expect(createSchema(db, OPTIONS)).rejects.toMatchObject({ code: 'SCHEMA_UNSUPPORTED' });
    await db.execute('DELETE FROM schema_migrations');
    await db.execute('INSERT INTO schema_migrations VALUES (31)');
    const older = await readSchemaState(db);
    expect(() => requireKnownSchema(older, use(false))).toThrow('made by an older tool');
    await expect(createSchema(db, OPTIONS)).rejects.toMatchObject({ code: 'SCHEMA_UNSUPPORTED' });
  });

  test('is completed where its making was interrupted', async () => {
    await db.execute('DELETE FROM schema_migrations');
    await db.execute('DROP TABLE interactions');
    const half = await readSchemaState(db);
    expect(() => requireKnownSchema(half, use(true))).toThrow('is incomplete');
    expect(await createSchema(db, OPTIONS)).toMatchObject({ created: true });
    expect(await db.query('SELECT * FROM interactions')).toEqual([]);
    expect(await db.query('SELECT table_name FROM dolt_status')).toEqual([]);
  });
});
