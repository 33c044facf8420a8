import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { filesBelow, listeners, listenersOf, processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

describe('gt dolt start and stop', () => {
  test('an empty data dir gets the HQ rig, its server and a supervisor; no git or Dolt configuration is needed', async () => {
    const town = await makeTown({ rigs: [] });
    const port = await testPort();
    const started = await town.gt(['dolt', 'start'], { env: { GT_DOLT_PORT: String(port) } });
    expect(started.exitCode, started.stderr).toBe(0);
    expect(started.stdout).toMatch(new RegExp(`beads\\s+127\\.0\\.0\\.1:${port}\\s+pid \\d+\\s+ready in`));
    const rig = await town.rig();
    expect(rig).toMatchObject({ state: 'running', managed: true, reachable: true, identity: 'verified', port });
    const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', database: 'beads' });
    const [rows] = await connection.query('SELECT COUNT(*) AS commits FROM dolt_log');
    await connection.end();
    expect(rows).toEqual([{ commits: 1 }]);
    expect(readdirSync(town.home).sort()).toEqual(['.cache', '.dolt-data', 'own', 'tmp']);
  });

  test('a SQL shell on a terminal keeps what was typed in the town, not where the user is', async () => {
    const town = await makeTown();
    await town.start();
    const gt = join(import.meta.dirname, '../../../dist/bin/gt.cjs');
    const typed = await execa('script', ['-qec', `${process.execPath} ${gt} dolt sql`, '/dev/null'], {
      ...{ cwd: town.own('.'), env: town.env, extendEnv: false, reject: false },
      input: 'SELECT 40 + 2 AS answer;\nexit\n',
    });
    expect(typed.stdout).toMatch(/\| answer \|[\s\S]*\| 42 /);
    expect(readdirSync(town.own('.'))).toEqual([]);
    expect(filesBelow(town.path('.gt')).filter((name) => name.endsWith('.sqlhistory'))).toHaveLength(1);
  });

  test('several rigs start together; what runs is left alone; stop ends all and the supervisor', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown', 'beads_rig'] });
    const pids = await town.start();
    expect(new Set(pids).size).toBe(3);
    expect(await town.start()).toEqual(pids);
    expect(await town.start('gastown')).toEqual([pids[1]]);

    const stopped = await town.gt(['dolt', 'stop', 'gastown']);
    expect(stopped.exitCode, stopped.stderr).toBe(0);
    expect((await town.status()).rigs.map(({ state }) => state)).toEqual(['running', 'stopped', 'running']);
    expect((await town.gt(['dolt', 'status'])).exitCode).toBe(3);
    expect((await town.gt(['dolt', 'status', 'beads', 'beads_rig'])).exitCode).toBe(0);

    expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
    await town.stop();
    const status = await town.status();
    expect(status.rigs.map(({ state, pid, reachable }) => [state, pid, reachable])).toEqual(
      Array.from({ length: 3 }, () => ['stopped', null, false]),
    );
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
    expect(status.supervisor).toEqual({ running: false, pid: null, uptime_seconds: null });
    const left = readdirSync(town.path('.gt'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /sock$|supervisor\.json$/.test(name))).toEqual([]);
  });

  test('restart gives a new process on the same port, and does not count as a crash', async () => {
    const town = await makeTown();
    const [before] = await town.start();
    const result = await town.gt(['dolt', 'restart', '--json']);
    expect(result.exitCode, result.stdout).toBe(0);
    const [rig] = json<{ rigs: { pid: number; port: number; restarts: number }[] }>(result).rigs;
    expect(rig).toMatchObject({ port: town.port('beads'), restarts: 0 });
    expect(rig?.pid).not.toBe(before);
  });

  test('nobody but the user can enter, read or connect', async () => {
    const town = await makeTown();
    await town.start();
    const open = ['.', ...readdirSync(town.path('.gt'), { recursive: true, encoding: 'utf8' })]
      // Dolt's own global configuration, which it makes as it likes, below a closed directory.
      .filter((name) => !name.startsWith('dolt-root/'))
      .filter((name) => (statSync(join(town.path('.gt'), name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    expect(statSync(town.dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(town.path('.gt/supervisor.sock')).mode & 0o777).toBe(0o600);
    // Listens on loopback only, on the port and on a socket of its own.
    const mine = processesOf(town.home).map(({ pid }) => pid);
    expect(mine).toHaveLength(2);
    const sockets = [...listeners()].filter((path) => path.includes(town.home));
    expect(sockets.sort()).toEqual([town.path('.gt/sockets/beads.sock'), town.path('.gt/supervisor.sock')]);
    expect(mine.flatMap(listenersOf)).toEqual([`127.0.0.1:${town.port('beads')}`]);
  });

  test('a socket file that a killed server left does not keep the next one from having its own', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    process.kill(pid, 'SIGKILL');
    await town.until('another server', (rig) => rig.state === 'running' && rig.pid !== pid);
    const connection = await createConnection({ socketPath: town.path('.gt/sockets/beads.sock'), user: 'root' });
    await connection.end();
  });

  test('stop while clients write: every write that was acknowledged is there after the next start', async () => {
    const town = await makeTown();
    await town.start();
    const setUp = await town.connect();
    await setUp.query('CREATE TABLE written (writer INT, number INT, PRIMARY KEY (writer, number))');
    const acknowledged: number[][] = [[], [], []];
    const writing = acknowledged.map(async (numbers, writer) => {
      const connection = await town.connect();
      for (let number = 0; ; number += 1) {
        await connection.query('INSERT INTO written VALUES (?, ?)', [writer, number]);
        numbers.push(number);
      }
    });
    const ended = Promise.allSettled(writing);
    await eventually('writes of every writer', () => acknowledged.every((numbers) => numbers.length > 10));
    const stopped = await town.gt(['dolt', 'stop']);
    expect(stopped.exitCode, stopped.stderr).toBe(0);
    expect((await ended).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    await town.start();
    const [rows] = await (await town.connect()).query('SELECT writer, number FROM written');
    const found = new Set((rows as { writer: number; number: number }[]).map((row) => `${row.writer}.${row.number}`));
    const writes = acknowledged.flatMap((numbers, writer) => numbers.map((number) => `${writer}.${number}`));
    expect(writes.filter((write) => !found.has(write))).toEqual([]);
  });
});
