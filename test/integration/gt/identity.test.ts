import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { StopDocument } from '../../../commands/gt/dolt/stop.ts';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { townPaths } from '../../../src/town/data-dir.ts';
import { writeLiveState } from '../../../src/town/live-state.ts';
import { inspectProcess } from '../../../src/util/process-identity.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

describe('a server that was started by hand on the rig', () => {
  test('is recognised, counts as running, and is what clients use', async () => {
    const town = await makeTown();
    const port = await testPort();
    const pid = await town.startByHand('beads', port);
    const started = await town.gt(['dolt', 'start', '--json']);
    expect(started.exitCode, started.stdout).toBe(0);
    const seen = { state: 'running', managed: false, reachable: true, identity: 'verified', pid, port };
    expect(json<{ rigs: object[] }>(started).rigs[0]).toMatchObject(seen);
    expect(await town.rig()).toMatchObject(seen);
    expect((await town.gt(['dolt', 'status'])).exitCode).toBe(0);
    const sql = await town.gt(['dolt', 'sql', '-q', 'SELECT 40 + 2 AS answer', '--json']);
    expect(json(sql)).toMatchObject({ rows: [{ answer: 42 }] });
  });

  test('is not stopped, but by its rig’s name and with --force', async () => {
    const town = await makeTown();
    const pid = await town.startByHand('beads', await testPort());
    for (const args of [[], ['beads'], ['--force']]) {
      const refused = await town.gt(['dolt', 'stop', '--json', ...args]);
      expect(refused.exitCode, args.join(' ')).toBe(4);
      expect(json<ErrorDocument>(refused)).toMatchObject({ code: 'FOREIGN_SERVER' });
      expect(refused.stdout).toContain(`pid ${pid}`);
      const [rig] = json<{ rigs: object[] }>(refused).rigs;
      expect(rig).toMatchObject({
        state: 'running',
        managed: false,
        reachable: true,
        version: expect.any(String),
        pid,
      });
      process.kill(pid, 0);
    }
    const restart = await town.gt(['dolt', 'restart', '--json']);
    expect(restart.exitCode).toBe(4);
    expect(json<ErrorDocument>(restart).code).toBe('FOREIGN_SERVER');
    const stopped = await town.gt(['dolt', 'stop', 'beads', '--force', '--json']);
    expect(stopped.exitCode, stopped.stdout).toBe(0);
    // It ended on SIGTERM: nothing was killed.
    expect(json<{ rigs: object[] }>(stopped).rigs[0]).toMatchObject({ state: 'stopped', forced: false });
    expect(await inspectProcess(pid)).toBe(undefined);
    await town.start();
    expect(await town.rig()).toMatchObject({ managed: true });
  });

  test.each([
    ['--data-dir', (_: string, directory: string) => ['--data-dir', directory]],
    ['--config', (file: string) => ['--config', file]],
    ['--config=', (file: string) => [`--config=${file}`]],
  ])('elsewhere, with %s, is recognised too', async (_, args) => {
    const town = await makeTown();
    const port = await testPort();
    const file = town.own('server.yaml');
    const listener = `listener: { host: 127.0.0.1, port: ${port}, socket: ${town.own('s.sock')} }`;
    writeFileSync(file, `# mine\ndata_dir: ${town.path('beads')}\n${listener}\n`);
    const words = args('server.yaml', town.path('beads'));
    const place = words[0] === '--data-dir' ? ['--port', String(port), '--socket', town.own('s.sock')] : [];
    const pid = await town.startByHand('beads', port, { args: [...words, ...place], cwd: town.own('.') });
    const started = await town.gt(['dolt', 'start', '--json']);
    expect(started.exitCode, started.stdout).toBe(0);
    const seen = { state: 'running', managed: false, reachable: true, identity: 'verified', pid, port };
    expect(json<{ rigs: object[] }>(started).rigs[0]).toMatchObject(seen);
    expect((await town.gt(['dolt', 'stop', 'beads', '--force'])).exitCode).toBe(0);
    expect(await inspectProcess(pid)).toBe(undefined);
    rmSync(town.own('s.sock'), { force: true });
  });

  test('for the whole data dir counts for every rig', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    // What a killed server of the rig alone left behind does not hide it.
    writeFileSync(town.path('beads/.dolt/sql-server.info'), `999999999:1:${'0'.repeat(8)}`);
    const pid = await town.startByHand('.', await testPort());
    const started = await town.gt(['dolt', 'start', '--json']);
    expect(started.exitCode, started.stdout).toBe(0);
    expect((await town.status()).rigs.map((rig) => [rig.state, rig.managed, rig.pid])).toEqual([
      ['running', false, pid],
      ['running', false, pid],
    ]);
  });

  test('for the whole data dir, stopped for one rig, goes down for all, and every one is named', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown', 'hm'] });
    await town.startByHand('.', await testPort());
    const refused = await town.gt(['dolt', 'stop', 'beads', '--json']);
    expect(json<ErrorDocument>(refused).hint).toMatch(/gastown, hm.*gt dolt stop beads --force/);
    const text = await town.gt(['dolt', 'stop', 'beads', '--force']);
    expect([text.exitCode, text.stdout.split('\n')]).toEqual([
      0,
      [
        expect.stringMatching(/beads +stopped in /),
        expect.stringMatching(/gastown +went down with beads/),
        expect.stringMatching(/hm +went down with beads/),
      ],
    ]);
    expect((await town.status()).rigs.map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);
    await town.startByHand('.', await testPort());
    const stopped = await town.gt(['dolt', 'stop', 'beads', 'gastown', '--force', '--json']);
    // Those that were asked for are in it themselves.
    const { rigs } = json<StopDocument>(stopped);
    expect(rigs.map(({ rig, state }) => `${rig} ${state}`)).toEqual(['beads stopped', 'gastown stopped']);
    expect(new Set(rigs.flatMap(({ also_stopped = [] }) => also_stopped))).toEqual(new Set(['hm']));
  });
});

describe('a recorded pid', () => {
  /** A process that is no server, and a state file that says that it is the rig’s. */
  async function recordSleeper(town: TestTown, startTime?: string): Promise<number> {
    const sleeper = spawn('sleep', ['1000'], { cwd: '/', stdio: 'ignore' });
    await once(sleeper, 'spawn');
    const exited = once(sleeper, 'exit');
    onTestFinished(async () => {
      sleeper.kill('SIGKILL');
      await exited;
    });
    const pid = sleeper.pid ?? 0;
    const details = await inspectProcess(pid);
    mkdirSync(town.path('.gt/state'), { recursive: true });
    await writeLiveState(townPaths(town.dataDir), {
      rig: 'beads',
      state: 'running',
      server: {
        pid,
        startTime: startTime ?? details?.startTime ?? '',
        executable: process.env['GT_DOLT_BIN'] ?? '',
        dataDir: town.path('beads'),
        token: '00000000-0000-4000-8000-000000000000',
      },
      host: '127.0.0.1',
      port: town.port('beads'),
      remotesapiPort: null,
      version: '1.86.4',
      startedAt: new Date().toISOString(),
      restarts: 0,
      lastError: null,
    });
    return pid;
  }

  test('that now is another process counts as dead, and that process is not signalled', async () => {
    const town = await makeTown();
    const pid = await recordSleeper(town, 'an earlier process');
    expect(await town.rig()).toMatchObject({ state: 'stopped', pid: null });
    const [started] = await town.start();
    expect(started).not.toBe(pid);
    expect((await town.gt(['dolt', 'stop', '--force'])).exitCode).toBe(0);
    expect((await inspectProcess(pid))?.argv).toEqual(['sleep', '1000']);
  });

  test('that matches in time but not in program or directory is unknown: everything is refused, and says why', async () => {
    const town = await makeTown();
    const pid = await recordSleeper(town);
    const rig = await town.rig();
    expect(rig).toMatchObject({ state: 'foreign', reachable: false, identity: 'unknown' });
    expect(rig.last_error).toContain('cannot be verified');
    expect((await town.gt(['dolt', 'status'])).exitCode).toBe(3);
    for (const args of [['stop'], ['stop', 'beads', '--force', '--timeout', '100ms'], ['start'], ['restart']]) {
      const refused = await town.gt(['dolt', ...args, '--json']);
      expect(refused.exitCode, `${args}: ${refused.stdout}`).toBe(4);
      const error = json<ErrorDocument>(refused);
      expect(error.code).toBe('IDENTITY_UNVERIFIED');
      expect(error.error).toContain(`pid ${pid}`);
    }
    const restore = await town.gt(['dolt', 'restore', 'beads', town.own('b'), '--confirm', 'beads', '--json']);
    expect(json(restore)).toMatchObject({ code: 'DATA_DIR_BUSY', hint: expect.stringContaining(`ps -fp ${pid}`) });
    expect((await inspectProcess(pid))?.argv).toEqual(['sleep', '1000']);
  });

  test('in a state file that somebody broke is no pid; the server is found by its database', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    process.kill(town.supervisorPid(), 'SIGKILL');
    for (const broken of ['', '{', '[]', '{"rig":"beads","state":"running","port":1,"server":{"pid":-1}}']) {
      writeFileSync(town.path('.gt/state/beads.json'), broken);
      expect(await town.rig(), broken).toMatchObject({ state: 'running', managed: false, identity: 'verified', pid });
    }
    expect((await town.gt(['dolt', 'stop', 'beads', '--force'])).exitCode).toBe(0);
  });
});

test('a server on the rig’s port with another database is named, never taken for the rig’s', async () => {
  const other = await makeTown({ rigs: ['gastown'] });
  await other.start();
  const town = await makeTown();
  const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
  writeFileSync(town.path('gt.yaml'), yaml.replace(String(town.port('beads')), String(other.port('gastown'))));
  expect(await town.rig()).toMatchObject({ state: 'foreign', managed: false, reachable: false, identity: 'mismatch' });
  const sql = await town.gt(['dolt', 'sql', '-q', 'SELECT 1', '--json']);
  expect(sql.exitCode).toBe(3);
  const connection = await createConnection({ host: '127.0.0.1', port: other.port('gastown'), user: 'root' });
  await connection.end();
});
