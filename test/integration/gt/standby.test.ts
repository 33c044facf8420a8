import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import type { ClusterStatus } from '../../../src/supervisor/standby/cluster-role.ts';
import { eventually } from '../../helpers/eventually.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

async function ok(town: TestTown, ...args: string[]): Promise<string> {
  const result = await town.gt(['dolt', ...args]);
  expect(result.exitCode, `gt dolt ${args.join(' ')}: ${result.stdout}${result.stderr}`).toBe(0);
  return result.stdout;
}

async function role(town: TestTown): Promise<ClusterStatus> {
  return json<ClusterStatus>(await town.gt(['dolt', 'standby', 'status', '--json']));
}

/** Inserts one row after the other until the server is gone; the numbers whose COMMIT was acknowledged. */
async function writeUntilLost(town: TestTown, first: number, acknowledged: number[]): Promise<void> {
  const ca = readFileSync(town.path('.gt/tls/ca.pem'), 'utf8');
  const connection = await createConnection({
    ...{
      host: 'localhost',
      port: town.port('beads'),
      user: 'root',
      database: 'beads',
      ssl: { ca, verifyIdentity: true },
    },
    password: readFileSync(town.path('.gt/secrets/beads'), 'utf8').trim(),
  });
  connection.on('error', () => undefined);
  try {
    for (let number = first; ; number += 10) {
      await connection.query('INSERT INTO written VALUES (?)', [number]);
      acknowledged.push(number);
    }
  } catch {
    // The server was killed: this one was not acknowledged.
  } finally {
    connection.destroy();
  }
}

test('the primary is killed, the standby promoted; bd goes on, and nothing acknowledged is lost', async () => {
  const primary = await makeTown();
  const standby = await makeTown({ rigs: [] });
  const [first, second] = [await testPort(), await testPort()];
  const cwd = standby.own('project');
  mkdirSync(cwd);
  await ok(primary, 'start');
  const running = await primary.gt(['dolt', 'standby', 'add', 'localhost', '--json']);
  expect(json<ErrorDocument>(running)).toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining('stop') });
  await ok(primary, 'stop');
  const added = await primary.gt([
    ...['dolt', 'standby', 'add', `127.0.0.1:${second}`, '--address', '127.0.0.1', '--port', String(first)],
    ...['--ack-timeout', '5s', '--json'],
  ]);
  const file = json<{ standbys: { file: string }[] }>(added).standbys[0]?.file ?? '';
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const port = String(await testPort());
  await ok(standby, 'standby', 'join', file, '--port', port);
  const again = await standby.gt(['dolt', 'standby', 'join', file, '--json']);
  expect(json<ErrorDocument>(again)).toMatchObject({ code: 'RIG_EXISTS' });
  await ok(standby, 'start');
  const [pid = Number.NaN] = await primary.start();

  const made = await primary.bd(['init', '--rig', 'beads', '--prefix', 'hot'], { cwd: primary.own('.') });
  expect(made.exitCode, made.stderr).toBe(0);
  expect((await primary.bd(['create', 'Before'], { cwd: primary.own('.') })).exitCode).toBe(0);
  await ok(primary, 'sql', '-q', 'CREATE TABLE written (number INT PRIMARY KEY)');
  await eventually('a standby that has everything', async () => (await role(primary)).peers[0]?.lag_ms === 0);
  expect((await role(primary)).peers.map(({ name }) => name)).toEqual([`127.0.0.1:${second}`]);
  expect(await role(standby)).toMatchObject({ role: 'standby', epoch: 1, ack_timeout_seconds: 5 });
  const refused = await standby.gt(['dolt', 'standby', 'promote', '--json']);
  expect(json<ErrorDocument>(refused)).toMatchObject({ code: 'CONFLICT' });

  // A standby answers reads, and says who takes writes.
  expect((await standby.bd(['init', '--rig', 'beads', '--prefix', 'hot'], { cwd })).exitCode).toBe(0);
  expect((await standby.bd(['list'], { cwd })).stdout).toContain('Before');
  const denied = await standby.bd(['create', 'Too early', '--json'], { cwd });
  expect(json<ErrorDocument>(denied)).toMatchObject({ code: 'READ_ONLY', hint: expect.stringContaining('promote') });

  const acknowledged: number[] = [];
  const writers = [1, 2, 3].map((one) => writeUntilLost(primary, one, acknowledged));
  await eventually('some writes', () => acknowledged.length >= 60);
  process.kill(primary.supervisorPid(), 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  await Promise.all(writers);

  await ok(standby, 'standby', 'promote');
  expect(await role(standby)).toMatchObject({ role: 'primary', epoch: 2 });
  const asked = await standby.gt(['dolt', 'sql', '--json', '-q', 'SELECT number FROM written']);
  const kept = new Set(json<{ rows: RowDataPacket[] }>(asked).rows.map(({ number }) => number));
  expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
  expect((await standby.bd(['create', 'After'], { cwd })).exitCode).toBe(0);
  const titles = JSON.parse((await standby.bd(['list', '--json'], { cwd })).stdout).map(
    ({ title }: { title: string }) => title,
  );
  expect(titles.sort()).toEqual(['After', 'Before']);

  // The former primary comes back, sees the higher epoch, and becomes the standby.
  await ok(primary, 'start');
  await eventually('the former primary as standby', async () => (await role(primary)).role === 'standby');
  await eventually('what was written meanwhile', async () =>
    (await ok(primary, 'sql', '-q', "SELECT title FROM issues WHERE title = 'After'")).includes('After'),
  );
});
