import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import type { BackupResult } from '../../../commands/gt/dolt/backup.ts';
import type { RigRestoreDocument } from '../../../src/cli/render/backup.ts';
import { killAt } from '../../helpers/kill-at.ts';
import { canMount, mounted } from '../../helpers/mounted.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';
import { askDirectory } from '../beads-backup/stores.ts';

/** Runs statements on a running rig as any client would. */
async function sql(town: TestTown, ...statements: string[]): Promise<RowDataPacket[]> {
  const connection = await town.connect();
  let rows: RowDataPacket[] = [];
  for (const statement of statements) [rows] = await connection.query<RowDataPacket[]>(statement);
  return rows;
}

const numbers = async (town: TestTown) => (await sql(town, 'SELECT n FROM t ORDER BY n')).map(({ n }) => n);

/** A running rig with a table, a commit and a row that is not committed. */
async function runningTown(): Promise<TestTown> {
  const town = await makeTown();
  await town.start();
  await sql(
    town,
    'CREATE TABLE t (n INT PRIMARY KEY)',
    'INSERT INTO t VALUES (1)',
    "CALL DOLT_COMMIT('-Am', 'one')",
    'INSERT INTO t VALUES (2)',
  );
  return town;
}

describe('gt dolt backup', () => {
  test('has every database of the rig’s server, and a restore leaves the others as they are', async () => {
    const town = await runningTown();
    await sql(town, 'CREATE DATABASE app', 'CREATE TABLE app.t (n INT PRIMARY KEY)', 'INSERT INTO app.t VALUES (7)');
    const directory = town.own('backup');
    for (const state of ['running', 'stopped']) {
      if (state === 'stopped') await town.gt(['dolt', 'stop']);
      const made = await town.gt(['dolt', 'backup', 'beads', directory, '--json']);
      expect(made.exitCode, made.stderr).toBe(0);
      expect(json<BackupResult>(made).backups).toMatchObject([
        { rig: 'beads', database: 'beads', directory, tables: { t: 2 } },
        { rig: 'beads', database: 'app', directory: `${directory}.app`, tables: { t: 1 } },
      ]);
    }
    const restored = await town.gt(['dolt', 'restore', 'beads', directory, '--confirm', 'beads']);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(restored.stderr).toContain('"app"');
    await town.start();
    expect(await numbers(town)).toEqual([1, 2]);
    expect(await sql(town, 'SELECT n FROM app.t')).toEqual([{ n: 7 }]);
  });

  test('of a running rig and of a stopped one; what comes back is what was there, accounts too', async () => {
    const town = await runningTown();
    await sql(town, "CREATE USER 'ann'@'%' IDENTIFIED BY 'pw'");
    const [before] = await sql(town, "SELECT DOLT_HASHOF_DB('WORKING') AS working, HASHOF('HEAD') AS head");
    const directory = town.own('backup');
    const running = await town.gt(['dolt', 'backup', 'beads', directory, '--json']);
    expect(running.exitCode).toBe(0);
    expect(json<BackupResult>(running).backups).toMatchObject([
      { rig: 'beads', directory, branch: 'main', branches: [{ head: before?.['head'] }], tables: { t: 2 }, rows: 2 },
    ]);
    await sql(town, 'INSERT INTO t VALUES (3)', "CALL DOLT_COMMIT('-am', 'three')");
    await town.gt(['dolt', 'stop']);
    const stopped = await town.gt(['dolt', 'backup', '--json']);
    expect(json<BackupResult>(stopped).backups).toMatchObject([
      { directory: town.path('.gt/backups/beads'), tables: { t: 3 } },
    ]);
    const restored = await town.gt(['dolt', 'restore', 'beads', directory, '--confirm', 'beads', '--json']);
    expect(restored.exitCode).toBe(0);
    const { kept } = json<RigRestoreDocument>(restored);
    await town.start();
    expect(await sql(town, "SELECT DOLT_HASHOF_DB('WORKING') AS working, HASHOF('HEAD') AS head")).toEqual([before]);
    expect(await sql(town, "SELECT user FROM mysql.user WHERE user = 'ann'")).toHaveLength(1);
    const old = await askDirectory(dirname(String(kept)), 'beads', ['SELECT MAX(n) AS most FROM t']);
    expect(old).toEqual([{ most: 3 }]);
  });

  test('while clients write', async () => {
    const town = await runningTown();
    const directory = town.own('backup');
    let writing = true;
    const connection = await town.connect();
    const writer = (async () => {
      // Two rows that belong together in each transaction.
      for (let n = 10; writing; n += 2) await connection.query(`INSERT INTO t VALUES (${n}), (${n + 1})`);
    })();
    const made = await town.gt(['dolt', 'backup', 'beads', directory, '--json']);
    writing = false;
    await writer;
    expect(made.exitCode).toBe(0);
    expect((json<BackupResult>(made).backups[0]?.tables['t'] ?? 1) % 2).toBe(0);
  });

  test('killed at any step, another run completes it', async () => {
    const town = await runningTown();
    const directory = town.own('backup');
    for (const step of [150, /Backing up/, /Verifying/]) {
      await killAt(town, 'gt', ['dolt', 'backup', 'beads', directory], step, { cwd: town.home });
      expect(await numbers(town)).toEqual([1, 2]);
    }
    expect((await town.gt(['dolt', 'backup', 'beads', directory])).exitCode).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['.lock.d', 'backup.json', 'dolt']);
  });

  test.each(['b%41k', 'b#k', 'b?k'])('to %s, which Dolt would take for another place, writes nothing', async (name) => {
    const town = await runningTown();
    const parent = town.own('backups');
    mkdirSync(parent);
    const refused = await town.gt(['dolt', 'backup', 'beads', join(parent, name), '--json']);
    expect(json(refused)).toMatchObject({ code: 'VALIDATION', exit_code: 1 });
    expect(readdirSync(parent)).toEqual([]);
  });

  test('a rig that is not configured, one without a database', async () => {
    const town = await makeTown();
    expect(json(await town.gt(['dolt', 'backup', 'nosuch', '--json']))).toMatchObject({ code: 'RIG_UNKNOWN' });
    rmSync(town.path('beads'), { recursive: true });
    const gone = await town.gt(['dolt', 'backup', 'beads', '--json']);
    expect(json(gone)).toMatchObject({ code: 'RIG_WITHOUT_DATABASE', exit_code: 1 });
  });
});

test('bd moves to a rig’s own database and restores it in its place: the rig starts again, with the issues', async () => {
  const town = await makeTown({ rigs: ['beads', 'hm'] });
  await town.start();
  const cwd = town.own('project');
  mkdirSync(cwd);
  const bd = async (...args: string[]) => {
    const result = await town.bd(args, { cwd, env: { BEADS_ACTOR: 'tester' } });
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    return result;
  };
  const titles = async () =>
    json<{ title: string }[]>(await bd('list', '--json'))
      .map(({ title }) => title)
      .sort();
  await bd('init', '--prefix', 'hm', '--skip-agents');
  await bd('create', 'One');
  await bd('create', 'A wisp', '--ephemeral');
  await bd('--dolt-auto-commit', 'off', 'create', 'Not committed');
  expect(json(await bd('dolt', 'move', '--to', 'server', '--json'))).toMatchObject({
    moved: true,
    to: { mode: 'server', at: `127.0.0.1:${town.port('hm')}` },
  });
  expect((await town.gt(['dolt', 'restart', 'hm'])).exitCode).toBe(0);
  expect(await titles()).toEqual(['A wisp', 'Not committed', 'One']);

  const backup = town.own('project-backup');
  await bd('backup', backup);
  await bd('create', 'Later');
  const hashes =
    "SELECT DOLT_HASHOF_DB('WORKING') AS working, DOLT_HASHOF_DB('STAGED') AS staged, HASHOF('HEAD') AS head";
  const client = await town.connect('hm');
  const [later] = await client.query<RowDataPacket[]>(hashes);
  const restored = await bd('restore', backup, '--confirm', 'hm', '--json');
  expect(await titles()).toEqual(['A wisp', 'Not committed', 'One']);
  // Whoever was connected goes on.
  expect((await client.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM issues'))[0]).toEqual([{ n: 2 }]);
  client.destroy();
  expect((await town.gt(['dolt', 'restart', 'hm'])).exitCode).toBe(0);
  expect(readdirSync(town.path('hm')).filter((name) => !name.startsWith('.dolt'))).toEqual([]);
  expect(await titles()).toEqual(['A wisp', 'Not committed', 'One']);
  await bd('restore', String(json(restored)['kept']), '--confirm', 'hm');
  expect(await titles()).toEqual(['A wisp', 'Later', 'Not committed', 'One']);
  const again = await town.connect('hm');
  expect((await again.query<RowDataPacket[]>(hashes))[0]).toEqual(later);
});

test('a rig’s own database that cannot be read any more is not dropped: bd says what to type, and that works', async () => {
  const town = await makeTown({ rigs: ['hm'] });
  await town.start();
  const cwd = town.own('project');
  mkdirSync(cwd);
  const bd = (...args: string[]) => town.bd(args, { cwd, env: { BEADS_ACTOR: 'tester' } });
  await bd('init', '--prefix', 'hm', '--server', '--rig', 'hm', '--skip-agents');
  await bd('create', 'One');
  const backup = town.own('whole');
  expect((await bd('backup', backup)).exitCode).toBe(0);
  const client = await town.connect('hm');
  await client.query('CALL DOLT_GC()').catch(() => undefined);
  expect((await town.gt(['dolt', 'restart', 'hm'])).exitCode).toBe(0);
  const noms = town.path('hm/.dolt/noms');
  const tables = readdirSync(noms, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.darc'));
  for (const name of tables) {
    const bytes = readFileSync(join(noms, name));
    for (let at = 0; at < bytes.length * 0.8; at += 200) bytes.fill(0xff, at, at + 20);
    const file = openSync(join(noms, name), 'r+');
    writeSync(file, bytes);
    closeSync(file);
  }
  expect(json(await bd('list', '--json'))).toMatchObject({ code: 'IO_ERROR', hint: expect.stringContaining('backup') });
  const refused = json(await bd('restore', backup, '--confirm', 'hm', '--json'));
  expect(refused).toMatchObject({
    code: 'RIG_RUNNING',
    hint: expect.stringContaining(`restore hm ${backup} --confirm hm`),
  });
  expect(existsSync(town.path('hm/.dolt'))).toBe(true);
  for (const command of String(refused['hint']).split(' && ')) {
    const done = await town.gt(command.split(' ').slice(1));
    expect(done.exitCode, done.stderr).toBe(0);
  }
  expect(json<{ title: string }[]>(await bd('list', '--json'))).toMatchObject([{ title: 'One' }]);
});

test('of several rigs: one that cannot be backed up keeps the others from nothing', async () => {
  const town = await makeTown({ rigs: ['beads', 'gastown'] });
  rmSync(town.path('beads'), { recursive: true });
  const made = await town.gt(['dolt', 'backup', '--json']);
  expect(made.exitCode).toBe(1);
  expect(json(made)).toMatchObject({
    code: 'RIG_WITHOUT_DATABASE',
    backups: [{ rig: 'gastown' }],
    errors: [{ rig: 'beads', code: 'RIG_WITHOUT_DATABASE' }],
  });
  const text = await town.gt(['dolt', 'backup']);
  expect(text.stdout).toContain('Backed up "gastown"');
  expect(text.stderr).toContain('rig "beads" has no database');
});

describe('gt dolt restore', () => {
  test('refuses a running rig, also one that was started by hand, and says what to type', async () => {
    const town = await runningTown();
    const directory = town.own('backup');
    await town.gt(['dolt', 'backup', 'beads', directory]);
    const restore = ['dolt', 'restore', 'beads', directory, '--confirm', 'beads', '--json'];
    const refused = await town.gt(restore);
    expect(refused.exitCode).toBe(4);
    expect(json(refused)).toMatchObject({ code: 'DATA_DIR_BUSY', hint: expect.stringContaining('gt dolt stop beads') });
    expect(await numbers(town)).toEqual([1, 2]);
    await town.gt(['dolt', 'stop']);
    await town.startByHand('beads', await testPort());
    const byHand = json(await town.gt(restore));
    expect(byHand).toMatchObject({ code: 'DATA_DIR_BUSY' });
    expect(existsSync(town.path('.gt/replaced'))).toBe(false);
    const [command = ''] = /gt dolt stop \S+( --\S+)*/.exec(String(byHand['hint'])) ?? [];
    const stopped = await town.gt(command.split(' ').slice(1));
    expect(stopped.exitCode, command + stopped.stderr).toBe(0);
    expect((await town.gt(restore)).exitCode).toBe(0);
  });

  test.each([
    ['scattered over its chunks, where Dolt panics', (size: number) => size],
    ['at its end', (size: number) => Math.min(size, 60)],
  ])('a backup with damage %s is told as that, and nothing is changed', async (_, damaged) => {
    const town = await runningTown();
    await sql(town, `INSERT INTO t VALUES ${Array.from({ length: 400 }, (_, n) => `(${n + 10})`).join(', ')}`);
    const directory = town.own('backup');
    await town.gt(['dolt', 'backup', 'beads', directory]);
    await town.stop();
    const [name = ''] = readdirSync(join(directory, 'dolt')).filter((entry) => /^\w{32}$/.test(entry));
    const bytes = readFileSync(join(directory, 'dolt', name));
    for (let at = bytes.length - damaged(bytes.length); at < bytes.length - 20; at += 100)
      bytes.fill(0xff, at, at + 20);
    writeFileSync(join(directory, 'dolt', name), bytes);
    const refused = json(await town.gt(['dolt', 'restore', 'beads', directory, '--confirm', 'beads', '--json']));
    expect(refused).toMatchObject({ code: 'IO_ERROR', hint: expect.stringContaining('another backup') });
    const error = String(refused['error']);
    expect(error).toContain(`the backup ${directory} cannot be read. Dolt says: `);
    expect(error.length - directory.length).toBeLessThan(250);
    expect(error).not.toMatch(/goroutine|panic|CALL DOLT_BACKUP/);
    await town.start();
    expect(await sql(town, 'SELECT COUNT(*) AS n FROM t')).toEqual([{ n: 402 }]);
  });

  test('asks for the rig’s name', async () => {
    const town = await runningTown();
    const directory = town.own('backup');
    await town.gt(['dolt', 'backup', 'beads', directory]);
    await town.gt(['dolt', 'stop']);
    for (const args of [[], ['--confirm', 'other']]) {
      const refused = await town.gt(['dolt', 'restore', 'beads', directory, ...args, '--json']);
      expect(json(refused)).toMatchObject({ code: 'VALIDATION', exit_code: 1 });
    }
    const unreadable = await town.gt(['dolt', 'restore', 'beads', town.own('none'), '--confirm', 'beads', '--json']);
    expect(json(unreadable)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('brings a lost rig back, and makes one that never was', async () => {
    const town = await runningTown();
    const directory = town.own('backup');
    await town.gt(['dolt', 'backup', 'beads', directory]);
    await town.gt(['dolt', 'stop']);
    rmSync(town.path('beads'), { recursive: true });
    expect(json(await town.gt(['dolt', 'start', '--json']))).toMatchObject({ code: 'RIG_WITHOUT_DATABASE' });
    expect((await town.gt(['dolt', 'restore', 'beads', directory])).exitCode).toBe(0);
    await town.start();
    expect(await numbers(town)).toEqual([1, 2]);
    expect((await town.gt(['dolt', 'restore', 'copy', directory])).exitCode).toBe(0);
    expect(json<{ rigs: unknown[] }>(await town.gt(['dolt', 'list', '--json'])).rigs).toContainEqual(
      expect.objectContaining({ rig: 'copy', configured: true, database_exists: true }),
    );
  });

  test('killed at any step: the old or the new, and another run completes it', async () => {
    const town = await runningTown();
    const directory = town.own('backup');
    await town.gt(['dolt', 'backup', 'beads', directory]);
    await sql(town, 'INSERT INTO t VALUES (3)');
    await town.gt(['dolt', 'stop']);
    const restore = ['dolt', 'restore', 'beads', directory, '--confirm', 'beads'];
    for (const step of [150, /Reading/, /Verifying/, 700, 900]) {
      await killAt(town, 'gt', restore, step, { cwd: town.home });
      expect(existsSync(town.path('beads/.dolt')) || existsSync(town.path('.ready-beads/.dolt'))).toBe(true);
    }
    expect((await town.gt(restore)).exitCode).toBe(0);
    await town.start();
    expect(await numbers(town)).toEqual([1, 2]);
    expect(readdirSync(town.path('.gt')).filter((name) => name.startsWith('restoring'))).toEqual([]);
  });
});

test.skipIf(!canMount)(
  'a full disk ends a backup and a restore, which leave the rig and the backup that is there',
  async () => {
    const town = await makeTown();
    const script = `
    cp -a "$DATA" "$OUT/copy" && mount -t tmpfs -o size=16m tmpfs "$DATA" && cp -a "$OUT/copy/." "$DATA/"
    step() { name=$1; shift; "$@" --json > "$OUT/$name.json"; echo $? > "$OUT/$name.exit"; ls -A "$DATA" "$DATA/.gt" > "$OUT/$name.left"; }
    gt dolt start > "$OUT/out"
    gt dolt sql -q 'CREATE TABLE t (n INT PRIMARY KEY)' && gt dolt sql -q 'INSERT INTO t VALUES (1)'
    leave "$DATA" 8; step backup gt dolt backup beads
    rm "$DATA/filler"; step whole gt dolt backup beads "$OUT/whole"
    gt dolt sql -q 'INSERT INTO t VALUES (2)'; gt dolt stop
    leave "$DATA" 8; step restore gt dolt restore beads "$OUT/whole" --confirm beads
    rm "$DATA/filler"; gt dolt start; gt dolt sql --json -q 'SELECT n FROM t ORDER BY n' > "$OUT/rows.json"
    gt dolt stop; step room gt dolt restore beads "$OUT/whole" --confirm beads
    gt dolt start; gt dolt sql --json -q 'SELECT n FROM t ORDER BY n' > "$OUT/restored.json"; gt dolt stop`;
    const ended = await mounted(town, script, { OUT: town.own('.') });
    const read = (name: string) => readFileSync(town.own(name), 'utf8');
    const document = (name: string) => JSON.parse(read(`${name}.json`)) as Record<string, unknown>;
    expect([read('backup.exit'), document('backup')], ended.stderr).toMatchObject(['1\n', { code: 'DISK_FULL' }]);
    expect(read('whole.exit')).toBe('0\n');
    expect([read('restore.exit'), document('restore')]).toMatchObject(['1\n', { code: 'DISK_FULL' }]);
    expect(read('restore.left')).not.toMatch(/restoring|replaced|\.ready/);
    expect(document('rows')['rows']).toEqual([{ n: 1 }, { n: 2 }]);
    expect(read('room.exit')).toBe('0\n');
    expect(document('restored')['rows']).toEqual([{ n: 1 }]);
  },
);
