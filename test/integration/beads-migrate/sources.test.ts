import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { legacyDatabase } from '../../helpers/legacy-sqlite.ts';
import { canMount } from '../../helpers/mounted.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';
import { fingerprintOf, legacyProject } from './legacy-project.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
});

afterAll(() => workspace.dispose());

/** Another program that has a SQLite file open, and did something to it. */
async function holdSqlite(path: string, ...statements: string[]): Promise<ChildProcess> {
  const script = join(import.meta.dirname, '../../fixtures/hold-sqlite.mjs');
  const child = spawn(process.execPath, [script, path, ...statements], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await Promise.race([once(child.stdout, 'data'), exited.then(() => Promise.reject(new Error('it ended')))]);
  return child;
}

const files = (beadsDir: string) =>
  Object.fromEntries(
    readdirSync(beadsDir)
      .filter((name) => name.startsWith('beads.db') && statSync(join(beadsDir, name)).isFile())
      .map((name) => [name, fingerprintOf(join(beadsDir, name))]),
  );

test('rows that are only in the WAL of a program that has the file open go over', async () => {
  const project = legacyProject(workspace, 5);
  await holdSqlite(
    project.source,
    'PRAGMA journal_mode = WAL',
    'PRAGMA wal_autocheckpoint = 0',
    "UPDATE issues SET title = 'Only in the WAL' WHERE title = 'Issue 3'",
  );
  expect(statSync(`${project.source}-wal`).size).toBeGreaterThan(0);
  const before = files(project.beadsDir);
  const done = await project.migrate();
  expect(done.exitCode, done.stdout).toBe(0);
  expect(await project.titles()).toContain('Only in the WAL');
  expect(files(project.beadsDir)).toEqual(before);
});

test('a program that holds a lock on the file is no obstacle, and what it did not commit stays away', async () => {
  const project = legacyProject(workspace, 5);
  await holdSqlite(project.source, 'BEGIN EXCLUSIVE', "UPDATE issues SET title = 'Not committed'");
  const done = await project.migrate();
  expect(done.exitCode, done.stdout).toBe(0);
  expect(await project.titles()).toEqual(['Issue 0', 'Issue 1', 'Issue 2', 'Issue 3', 'Issue 4']);
});

test('a transaction that its program’s death cut off is rolled back in the copy, not in the file', async () => {
  const project = legacyProject(workspace, 2000);
  const child = await holdSqlite(
    project.source,
    'PRAGMA cache_size = 1',
    'BEGIN',
    "UPDATE issues SET title = 'Half done', description = hex(randomblob(200))",
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(statSync(`${project.source}-journal`).size).toBeGreaterThan(0);
  const before = files(project.beadsDir);
  const done = await project.migrate();
  expect(done.exitCode, done.stdout).toBe(0);
  expect(await project.titles()).not.toContain('Half done');
  expect(await project.titles()).toHaveLength(2000);
  expect(files(project.beadsDir)).toEqual(before);
});

const BROKEN: [string, (path: string) => void, string, RegExp][] = [
  ['empty', (path) => writeFileSync(path, ''), 'NOT_FOUND', /holds no issues/],
  [
    'no SQLite',
    (path) => writeFileSync(path, 'these are not the bytes you are looking for\n'.repeat(200)),
    'IO_ERROR',
    /not a SQLite database/,
  ],
  [
    'truncated',
    (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096),
    'IO_ERROR',
    /damaged|cannot be read/,
  ],
  ['truncated within its header', (path) => truncateSync(path, 60), 'IO_ERROR', /SQLite/],
  ['damaged', (path) => scribble(path), 'IO_ERROR', /damaged|cannot be read/],
  ['of a newer SQLite', (path) => patch(path, 18, [9, 9]), 'IO_ERROR', /SQLite/],
];

test.each(BROKEN)('a file that is %s is refused, and nothing is made', async (_what, breakIt, code, message) => {
  const project = legacyProject(workspace, 400);
  breakIt(project.source);
  const before = files(project.beadsDir);
  for (const args of [['--dry-run'], []]) {
    const refused = await project.migrate(...args);
    expect(refused.exitCode, refused.stdout).toBe(1);
    expect(json(refused)).toMatchObject({ code, error: expect.stringMatching(message) });
    expect(String(json(refused)['error'])).toContain(project.source);
  }
  expect(files(project.beadsDir)).toEqual(before);
  expect(existsSync(join(project.beadsDir, 'dolt'))).toBe(false);
  expect(readdirSync(project.beadsDir).filter((name) => name.includes('backup'))).toEqual([]);
  expect(JSON.parse(readFileSync(join(project.beadsDir, 'metadata.json'), 'utf8'))).not.toHaveProperty('backend');
});

test('columns and tables of a newer bd are told, and everything known goes over', async () => {
  const project = legacyProject(workspace, 3);
  const db = legacyDatabase(project.source);
  db.exec("ALTER TABLE issues ADD COLUMN mood TEXT DEFAULT ''");
  db.exec("UPDATE issues SET mood = 'good' WHERE title = 'Issue 1'");
  db.exec('CREATE TABLE futures (id INTEGER PRIMARY KEY, note TEXT)');
  db.exec("INSERT INTO futures VALUES (1, 'x')");
  db.close();
  const done = await project.migrate();
  expect(done.exitCode, done.stdout).toBe(0);
  const { problems } = json<{ problems: { table: string; message: string }[] }>(done);
  expect(problems.some(({ table, message }) => table === 'issues' && message.includes('mood'))).toBe(true);
  expect(problems.some(({ table }) => table === 'futures')).toBe(true);
  expect(await project.titles()).toEqual(['Issue 0', 'Issue 1', 'Issue 2']);
});

test.skipIf(!canMount)(
  'a full disk: an error that says so, SQLite as it was, and a run with space completes',
  async () => {
    const project = legacyProject(workspace, 3000);
    const size = Math.ceil(statSync(project.source).size / 1024);
    const program = join(import.meta.dirname, '../../../dist/bin/bd.cjs');
    for (const kilobytes of [size + 64, size * 2 + 100, size * 2 + 500]) {
      const script = `
      mount -t tmpfs -o size=${kilobytes}k tmpfs /mnt && cp -a .beads /mnt/ && cd /mnt &&
      sha256sum .beads/beads.db > "$HOME/sum" && '${process.execPath}' '${program}' migrate --to-dolt --json
      status=$?; sha256sum -c "$HOME/sum" >&2 && cat .beads/metadata.json >&2; exit $status`;
      const result = await execa('unshare', ['-m', 'sh', '-c', script], {
        cwd: project.dir,
        env: workspace.env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      expect(result.exitCode, result.stdout + result.stderr).toBe(1);
      expect(JSON.parse(result.stdout)).toMatchObject({ code: 'DISK_FULL' });
      expect(result.stderr).toContain('beads.db: OK');
      expect(result.stderr).not.toContain('"backend": "dolt"');
    }
    expect((await project.migrate()).exitCode).toBe(0);
    expect(await project.titles()).toHaveLength(3000);
  },
);

/** Overwrites the middle of each page but the first. */
function scribble(path: string): void {
  const { size } = statSync(path);
  for (let page = 1; page * 4096 < size; page += 1) patch(path, page * 4096, [7, 7, 7, 7, 7, 7, 7, 7]);
}

function patch(path: string, at: number, bytes: number[]): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from(bytes), 0, bytes.length, at);
}
