import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { systemErrorCode } from '../../../src/errors.ts';
import { SupervisorClient } from '../../../src/supervisor/client.ts';
import { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { townPaths } from '../../../src/town/data-dir.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt } from '../../helpers/fake-dolt.ts';
import { freeze } from '../../helpers/freeze.ts';
import { olderSupervisor } from '../../helpers/older-supervisor.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

const root = join(import.meta.dirname, '../../..');

describe('the supervisor', () => {
  test('refuses to run beside another one, in the background and in the foreground', async () => {
    const town = await makeTown();
    const [pid] = await town.start();
    const supervisor = town.supervisorPid();
    const second = await execa(process.execPath, [join(root, 'dist/bin/supervisor.cjs'), town.dataDir], {
      ...{ env: town.env, extendEnv: false, reject: false },
    });
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain(`another supervisor, pid ${supervisor}, watches ${town.dataDir}`);
    const foreground = await town.gt(['dolt', 'start', '--foreground', '--json']);
    expect(foreground.exitCode).toBe(4);
    expect(json<ErrorDocument>(foreground)).toMatchObject({ code: 'DATA_DIR_BUSY' });
    expect(await town.rig()).toMatchObject({ state: 'running', managed: true, pid });
    expect(town.supervisorPid()).toBe(supervisor);
  });

  test('takes over a socket file that nobody listens on', async () => {
    const town = await makeTown();
    await town.start();
    await town.stop();
    // One that a killed process left, and one that never was a socket.
    const left = await execa(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`,
      town.path('.gt/supervisor.sock'),
    ]).catch((error: { signal?: string }) => error);
    expect(left.signal).toBe('SIGKILL');
    expect((await town.gt(['dolt', 'status'])).exitCode).toBe(3);
    await town.start();
    await town.stop();
    writeFileSync(town.path('.gt/supervisor.sock'), 'not a socket');
    expect((await town.gt(['dolt', 'status'])).exitCode).toBe(3);
    await town.start();
  });

  test('of an older version is replaced by a newer gt; the servers do not notice', async () => {
    const town = await makeTown();
    const older = await olderSupervisor(town);
    const [pid] = await town.start('--timeout', '60s');
    // The newer gt has asked the newer supervisor, which found no server of the older one.
    expect(await older.ended()).toBe(0);
    process.kill(town.supervisorPid(), 'SIGTERM');
    await eventually('its end', async () => !(await town.status()).supervisor.running);
    const again = await olderSupervisor(town);
    const connection = await town.connect();
    const starts = await Promise.all([1, 2, 3].map(() => town.start()));
    expect(starts).toEqual([[pid], [pid], [pid]]);
    expect(await again.ended()).toBe(0);
    expect(await town.rig()).toMatchObject({ state: 'running', managed: true, pid, restarts: 0 });
    await connection.query('SELECT 1');
  });

  test('that is replaced hands over a restart that is due', async () => {
    const town = await makeTown({
      rigs: ['beads', 'gastown'],
      yaml: 'restart: { first_delay: 10m, max_delay: 10m }\n',
    });
    const older = await olderSupervisor(town);
    const poison = town.own('poison');
    const script = `if [ -e '${poison}' ]; then exit 7; fi; exec "$DOLT" "$@"`;
    // The older supervisor is asked as a gt of its own version would ask it.
    const client = await SupervisorClient.connect(townPaths(town.dataDir));
    const dolt = { path: fakeDolt(town.own('dolt'), script), version: '1.86.4' };
    await client?.start({ rigs: ['gastown'], timeoutMs: 60_000, dolt });
    client?.close();
    writeFileSync(poison, '');
    process.kill(town.state('gastown').server?.pid ?? Number.NaN, 'SIGKILL');
    await town.until('backoff', (rig) => rig.state === 'backoff' && rig.restarts === 1, 'gastown');
    await town.start('beads');
    expect(await older.ended()).toBe(0);
    // Its dolt was the older supervisor's: the newer one takes the one that it finds itself.
    await town.until('another server', (rig) => rig.state === 'running' && rig.restarts === 2, 'gastown');
    expect(await town.rig('beads')).toMatchObject({ state: 'running', restarts: 0 });
  });

  test('that is frozen keeps nobody waiting for ever, and status tells what it can see without it', async () => {
    const town = await makeTown();
    const [pid] = await town.start();
    const supervisor = town.supervisorPid();
    await freeze(supervisor);
    onTestFinished(() => void process.kill(supervisor, 'SIGCONT'));
    const [status, start, stop] = await Promise.all([
      town.gt(['dolt', 'status', '--json']),
      town.gt(['dolt', 'start', '--json']),
      town.gt(['dolt', 'stop', '--timeout', '3s', '--json']),
    ]);
    expect(status.exitCode, status.stdout).toBe(0);
    expect(json(status)).toMatchObject({
      supervisor: { running: true, pid: supervisor, uptime_seconds: null },
      rigs: [{ state: 'running', reachable: true, identity: 'verified', pid }],
    });
    expect(start.exitCode, start.stdout).toBe(6);
    expect(json<ErrorDocument>(start).code).toBe('START_TIMEOUT');
    expect(stop.exitCode, stop.stdout).toBe(6);
    expect(json<ErrorDocument>(stop).code).toBe('STOP_TIMEOUT');
    for (const late of [start, stop]) expect(json<ErrorDocument>(late).error).toContain(`pid ${supervisor}`);
    process.kill(supervisor, 'SIGCONT');
    expect(await town.start()).toEqual([pid]);
  });

  test('is not brought down by what somebody writes to its socket', async () => {
    const town = await makeTown();
    const [pid] = await town.start();
    const supervisor = town.supervisorPid();
    for (const text of [
      '\0\0\0',
      'GET / HTTP/1.1\r\n\r\n',
      'Content-Length: 9\r\n\r\n{"broken"',
      'Content-Length: 2\r\n\r\n[]',
    ]) {
      const socket = createConnection(town.path('.gt/supervisor.sock'));
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(text);
      await once(socket.resume(), 'close');
    }
    expect(await town.start()).toEqual([pid]);
    expect(town.supervisorPid()).toBe(supervisor);
  });

  test('that was killed in a container long gone keeps nobody out; one that answers does', async () => {
    const town = await makeTown();
    const locks = town.path('.gt/locks/supervisor');
    mkdirSync(locks, { recursive: true });
    const holder = {
      pid: 1,
      startTime: 'x:1',
      host: 'a-container',
      pidNamespace: 'pid:[1]',
      purpose: 'test',
      since: '',
    };
    writeFileSync(join(locks, '000000000001.00000000000000aa'), JSON.stringify(holder));
    const silent = createServer().listen(town.path('.gt/supervisor.sock'));
    silent.on('connection', (socket) => socket.resume());
    await once(silent, 'listening');
    const refused = await town.gt(['dolt', 'start', '--json', '--foreground']);
    expect(refused.exitCode, refused.stdout).toBe(4);
    expect(json<ErrorDocument>(refused).code).toBe('DATA_DIR_BUSY');
    silent.close();
    await once(silent, 'close');
    await town.start();
    expect(await town.rig()).toMatchObject({ state: 'running', managed: true });
  });

  test('that ends takes no more clients; a start that meets its end starts the next one', async () => {
    const town = await makeTown();
    const log = () => undefined;
    const supervisor = new Supervisor({ ...town, bd: '', version: '9.9.9', log });
    await supervisor.open();
    const kept = await SupervisorClient.connect(townPaths(town.dataDir));
    const ended = supervisor.close();
    // Connecting is done at once, and takes effect only where somebody still listens.
    const late = createConnection(town.path('.gt/supervisor.sock'));
    const answer = await Promise.race([once(late, 'connect'), once(late, 'error')]).catch((error: unknown) => error);
    expect(systemErrorCode(answer)).toMatch(/ENOENT|ECONNREFUSED/);
    const [pid] = await town.start();
    await ended;
    kept?.close();
    expect(await town.rig()).toMatchObject({ state: 'running', managed: true, pid });
  });

  test('ends on SIGTERM without touching the servers', async () => {
    const town = await makeTown();
    const [pid] = await town.start();
    process.kill(town.supervisorPid(), 'SIGTERM');
    await eventually('its end', async () => !(await town.status()).supervisor.running);
    expect(await town.rig()).toMatchObject({ state: 'running', reachable: true, pid });
    expect(await town.start()).toEqual([pid]);
  });
});

describe('a data dir with a long path', () => {
  test('has its sockets elsewhere, and everything works', async () => {
    const town = await makeTown({ rigs: [] });
    const dataDir = join(town.home, 'own', 'd'.repeat(90), 'town');
    const args = ['--data-dir', dataDir];
    const env = { GT_DOLT_PORT: String(await testPort()) };
    onTestFinished(async () => void (await town.gt(['dolt', 'stop', '--force', ...args])));
    const started = await town.gt(['dolt', 'start', ...args], { env });
    expect(started.exitCode, started.stderr).toBe(0);
    expect((await town.gt(['dolt', 'status', ...args])).exitCode).toBe(0);
    expect((await town.gt(['dolt', 'stop', ...args])).exitCode).toBe(0);
  });
});
