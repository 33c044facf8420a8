import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRNO } from '../../../src/database/sql-error.ts';
import type { Database } from '../../../src/database/types.ts';
import { DRIVERS, type DriverUnderTest, makeDriver } from './drivers.ts';

describe.each(DRIVERS)('rows of the %s driver', (mode) => {
  let driver: DriverUnderTest;
  let db: Database;

  beforeAll(async () => {
    driver = await makeDriver(mode);
    db = await driver.open();
    await db.execute(
      `CREATE TABLE kinds (id VARCHAR(64) PRIMARY KEY, b BIGINT, ub BIGINT UNSIGNED, f FLOAT, d DOUBLE,
       n DECIMAL(20,4), t TINYINT(1), dt DATETIME, dt6 DATETIME(6), da DATE, tm TIME(6), ts TIMESTAMP, y YEAR,
       e ENUM('1','true','b'), s SET('x','y'), j JSON, tx LONGTEXT)`,
    );
  });

  afterAll(async () => {
    await db?.close();
    await driver?.dispose();
  });

  test('of several statements that went together come as they would alone', async () => {
    const statements = [
      "SELECT 'a\n;b' AS t",
      'SHOW TABLES',
      'SELECT id FROM kinds WHERE FALSE',
      'SELECT 1 AS n, NULL AS z',
    ];
    const alone = [];
    for (const statement of statements) alone.push(await db.query(statement));
    expect(alone[0]).toEqual([{ t: 'a\n;b' }]);
    expect(await db.queryAll?.(statements)).toEqual(alone);
    // The statements behind one that fails have answers that nobody waits for any more.
    await expect(db.queryAll?.(['SELECT 1 AS a', 'SELECT * FROM nowhere', 'SELECT 2 AS b'])).rejects.toMatchObject({
      errno: ERRNO.tableUnknown,
    });
    expect(await db.query('SELECT 3 AS c')).toEqual([{ c: 3 }]);
    const many = Array.from({ length: 20 }, (_, index) => db.queryAll?.([`SELECT ${index} AS n`, 'SELECT 0 AS n']));
    expect((await Promise.all(many)).map((rows) => rows?.[0]?.[0]?.['n'])).toEqual(many.map((_, index) => index));
  });

  test('have the types that types.ts promises', async () => {
    const moment = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 987));
    await db.execute('INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
      '1',
      9007199254740993n,
      18446744073709551615n,
      1.5,
      0.1,
      '1.5',
      true,
      moment,
      '2026-01-02 03:04:05.25',
      '2026-01-02',
      '-12:34:56.5',
      moment,
      2026,
      'true',
      'x,y',
      '{"n":"12","big":9007199254740993,"t":true,"z":null,"a":[1.5,"<&>"]}',
      '',
    ]);
    expect(await db.query('SELECT * FROM kinds WHERE id = ?', ['1'])).toEqual([
      {
        id: '1',
        b: '9007199254740993',
        ub: '18446744073709551615',
        f: 1.5,
        d: 0.1,
        n: '1.5000',
        t: 1,
        dt: '2026-01-02 03:04:05',
        dt6: '2026-01-02 03:04:05.250000',
        da: '2026-01-02',
        tm: -45_296_500_000,
        ts: '2026-01-02 03:04:05',
        y: 2026,
        e: 'true',
        s: 'x,y',
        j: { n: '12', big: 9007199254740992, t: true, z: null, a: [1.5, '<&>'] },
        tx: '',
      },
    ]);
  });

  test('leave NULL columns out, also a JSON null', async () => {
    await db.execute('INSERT INTO kinds (id, j) VALUES (?, ?), (?, ?)', ['n1', null, 'n2', 'null']);
    expect(await db.query("SELECT * FROM kinds WHERE id LIKE 'n%' ORDER BY id")).toEqual([{ id: 'n1' }, { id: 'n2' }]);
  });

  test.each([
    ['1 = 1', 1],
    ['1 = 2', 0],
    ['EXISTS(SELECT 1)', 1],
    ['NULL', undefined],
    ['COUNT(*)', 1],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740992', '-9007199254740992'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['5 / 2', '2.5000'],
    ['1e3', 1000],
    ['1e17', '100000000000000000'],
    ['1e22', 1e22],
    ['-1.25e-9', -1.25e-9],
    ["CAST('true' AS JSON)", 1],
    ['CAST(\'"12"\' AS JSON)', '12'],
    ['CAST(\'{"a":12345678901234567}\' AS CHAR)', '{"a":12345678901234567}'],
    ["CAST('10:11:12' AS TIME)", 36_672_000_000],
    ["CAST('2026-01-02' AS DATE)", '2026-01-02'],
    ["'2026-01-02'", '2026-01-02'],
    ["'1234567890123456789'", '1234567890123456789'],
    ['\'"1234567890123456789"\'', '"1234567890123456789"'],
    ["HEX('ÿ')", 'C3BF'],
    ["'-- x' -- comment", '-- x'],
    ["';' /* ; */", ';'],
    ['"\\"\'"', '"\''],
  ])('SELECT %s gives %j', async (expression, value) => {
    const rows = await db.query(
      `SELECT ${expression.includes('--') ? `1 AS one, ${expression}\n` : expression} AS v`.replace(
        /\n AS v/,
        '\n AS v',
      ),
    );
    expect(rows).toEqual([value === undefined ? {} : expression.includes('--') ? { one: 1, v: value } : { v: value }]);
  });

  test('carry any text there and back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        const [row] = await db.query('SELECT ? AS v, CHAR_LENGTH(?) AS n', [text, text]);
        expect(row).toEqual({ v: text, n: [...text].length });
      }),
      {
        numRuns: 300,
        examples: [['\0\b\n\r\t\x1a\\\'"`;--/*#%_\u2028\u{1f600}'], ["\\'"], ['\\\\'], ["'';"], ['{"rows": [']],
      },
    );
  });

  test('carry text of SQL’s own characters there and back through a table', async () => {
    const unit = fc.constantFrom('\\', "'", '"', '`', ';', '-', '/', '*', '\n', '\r', '\0', '?', '#', 'x', ' ', '😀');
    await db.execute('CREATE TABLE texts (id INT PRIMARY KEY, v LONGTEXT)');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit, maxLength: 30 }), { minLength: 1, maxLength: 5 }), async (texts) => {
        await db.execute('DELETE FROM texts');
        const places = texts.map(() => '(?, ?)').join(', ');
        expect(
          await db.execute(
            `INSERT INTO texts VALUES ${places}`,
            texts.flatMap((text, id) => [id, text]),
          ),
        ).toBe(texts.length);
        expect(await db.query('SELECT v FROM texts ORDER BY id')).toEqual(texts.map((v) => ({ v })));
      }),
      { numRuns: 60 },
    );
  });

  test('carry a text of 1 MB and many rows', async () => {
    const text = 'ö😀\'"\\;\n'.repeat(120_000);
    await db.execute('REPLACE INTO kinds (id, tx) VALUES (?, ?)', ['long', text]);
    expect((await db.query('SELECT tx FROM kinds WHERE id = ?', ['long']))[0]?.['tx']).toBe(text);
    const ids = Array.from({ length: 5000 }, (_, index) => `many-${String(index).padStart(5, '0')}`);
    await db.execute(`INSERT INTO kinds (id) VALUES ${ids.map(() => '(?)').join(',')}`, ids);
    const rows = await db.query("SELECT id FROM kinds WHERE id LIKE 'many-%' ORDER BY id");
    expect(rows.map((row) => row['id'])).toEqual(ids);
  });

  test('come back empty from a query without any', async () => {
    expect(await db.query("SELECT * FROM kinds WHERE id = 'none'")).toEqual([]);
    expect(await db.query("SHOW TABLES LIKE 'none'")).toEqual([]);
  });

  test('are counted when they changed', async () => {
    await db.execute('CREATE TABLE counted (id INT PRIMARY KEY, n INT)');
    expect(await db.execute('INSERT INTO counted VALUES (1, 1), (2, 2)')).toBe(2);
    expect(await db.execute('UPDATE counted SET n = 1')).toBe(1);
    expect(await db.execute('UPDATE counted SET n = 9 WHERE id = 7')).toBe(0);
    expect(await db.execute('INSERT INTO counted VALUES (1, 5) ON DUPLICATE KEY UPDATE n = 5')).toBe(2);
    expect(await db.execute('INSERT IGNORE INTO counted VALUES (1, 5), (3, 3)')).toBe(1);
    expect(await db.execute('DELETE FROM counted WHERE id = 3')).toBe(1);
    expect(await db.execute('DELETE FROM counted')).toBe(2);
  });

  test.each([
    ['SELECT * FROM nowhere', [], ERRNO.tableUnknown],
    ['INSERT INTO kinds (id) VALUES (?)', ['1'], ERRNO.duplicateKey],
    ['INSERT INTO kinds (nope) VALUES (1)', [], ERRNO.columnUnknown],
    ['INSERT INTO kinds (id) VALUES (NULL)', [], ERRNO.notNull],
    ["SELEC 'a\nb'", [], ERRNO.unknown],
  ])('refused: %s', async (sql, parameters, errno) => {
    const failure = sql.startsWith('INSERT') ? db.execute(sql, parameters) : db.query(sql, parameters);
    const error = await failure.then(String, (thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SQL_ERROR', errno });
    expect(String(error)).not.toContain(sql);
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('of times are in UTC', async () => {
    const [row] = await db.query<{ moment: string }>('SELECT NOW() AS moment');
    expect(Math.abs(Date.parse(`${row?.moment.replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(60_000);
  });
});
