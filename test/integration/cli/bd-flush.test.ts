import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLockName } from '../../../src/database/write-turn.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;
let cwd: string;

beforeAll(async () => {
  workspace = makeWorkspace();
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  cwd = join(workspace.home, 'app');
  mkdirSync(cwd);
  await workspace.bd(['init', '--server', '--server-port', String(server.port)], { cwd });
});

afterAll(async () => {
  await server.stop();
  await workspace.dispose();
});

test('--dolt-auto-commit batch leaves commits to vc commit, and a signal makes the one that is due', async () => {
  const oracle = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: 'app' });
  const ask = async (sql: string) => (await oracle.query<RowDataPacket[]>(sql))[0];
  const commits = async () => Number((await ask('SELECT COUNT(*) AS n FROM dolt_log'))[0]?.['n']);
  const before = await commits();
  const batch = ['--dolt-auto-commit', 'batch'];
  expect((await workspace.bd([...batch, 'create', 'first'], { cwd })).exitCode).toBe(0);
  expect(await commits()).toBe(before);
  expect(await ask('SELECT * FROM dolt_status')).not.toEqual([]);

  // A writer that has to wait for its turn is one that a signal can meet.
  const lock = writeLockName('app');
  await ask(`SELECT GET_LOCK('${lock}', 10)`);
  const bd = join(import.meta.dirname, '../../../dist/bin/bd.cjs');
  const waiting = execa(process.execPath, [bd, ...batch, 'create', 'second'], {
    cwd,
    env: workspace.env,
    extendEnv: false,
    reject: false,
  });
  let said = '';
  waiting.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const waits = async () =>
    (
      await ask(
        "SELECT 1 FROM information_schema.processlist WHERE info LIKE '%GET_LOCK%' AND info NOT LIKE '%processlist%'",
      )
    ).length;
  await expect.poll(waits, { timeout: 60_000 }).toBe(1);
  waiting.kill('SIGTERM');
  await expect.poll(() => said, { timeout: 60_000 }).toContain('SIGTERM');
  await ask(`SELECT RELEASE_LOCK('${lock}')`);

  expect((await waiting).exitCode).toBe(143);
  expect(await commits()).toBe(before + 1);
  expect((await ask('SELECT message FROM dolt_log LIMIT 1'))[0]?.['message']).toMatch(/^bd: flush on SIGTERM by /);
  expect(await ask('SELECT * FROM dolt_status')).toEqual([]);
  await oracle.end();
});
