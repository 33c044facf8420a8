import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { acquireLock } from '../../../src/util/process-lock.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt, NEVER_READY } from '../../helpers/fake-dolt.ts';
import { freeze } from '../../helpers/freeze.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { type RunningCommand, runCommand } from '../../helpers/running-command.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

/** Sends Ctrl-C to a command that would go on for minutes, and waits for its end. */
async function interrupt(command: RunningCommand) {
  const begun = performance.now();
  command.signal('SIGINT');
  const result = await command.end();
  // Far below what it was told to wait, far above what it needs.
  expect(performance.now() - begun).toBeLessThan(60_000);
  return result;
}

function hasState(town: TestTown, state: string): boolean {
  return existsSync(town.path('.gt/state/beads.json')) && town.state().state === state;
}

describe('Ctrl-C', () => {
  test('in a start that waits: exit 130, one JSON document; the server goes on under the supervisor', async () => {
    const town = await makeTown();
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), NEVER_READY) };
    const start = runCommand(town, ['start', '--timeout', '10m', '--json'], env);
    await eventually('starting', () => hasState(town, 'starting'));
    const { exitCode, stdout } = await interrupt(start);
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'CANCELLED', exit_code: 130, schema_version: 1 });
    expect(await town.rig()).toMatchObject({ state: 'starting', managed: true });
    // Whoever comes next may be anywhere on its way when the server is stopped.
    const again = runCommand(town, ['start', '--timeout', '10m'], env);
    expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
    again.signal('SIGINT');
    await again.end();
  });

  test('in a start that waits for gt.yaml’s lock', async () => {
    const town = await makeTown({ rigs: [] });
    const lock = await acquireLock({ directory: town.path('.gt/locks/config'), purpose: 'test', timeoutMs: 0 });
    onTestFinished(() => lock.release());
    for (const args of [['start'], ['init-rig', 'gastown']]) {
      const command = runCommand(town, [...args, '--json']);
      await eventually('its place in the queue', () => readdirSync(town.path('.gt/locks/config')).length > 1);
      const { exitCode, stdout } = await interrupt(command);
      expect(exitCode, stdout).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({ code: 'CANCELLED' });
    }
    expect(existsSync(town.path('gt.yaml'))).toBe(false);
    await lock.release();
  });

  test.each(['stop', 'restart'])(
    'in a %s that waits: the server goes on stopping, and --force ends it',
    async (word) => {
      const town = await makeTown();
      const [pid = Number.NaN] = await town.start();
      await freeze(pid);
      const command = runCommand(town, [word, '--timeout', '10m', '--json']);
      await eventually('stopping', () => hasState(town, 'stopping'));
      const { exitCode, stdout } = await interrupt(command);
      expect(exitCode, stdout).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({ code: 'CANCELLED' });
      expect(await town.rig()).toMatchObject({ state: 'stopping', reachable: false, pid });
      const forced = await town.gt(['dolt', 'stop', '--force', '--timeout', '500ms', '--json']);
      expect(forced.exitCode, forced.stdout).toBe(0);
      expect(json<{ rigs: object[] }>(forced).rigs[0]).toMatchObject({ state: 'stopped', forced: true });
    },
  );

  test('in a stop that waits for a server that was started by hand', async () => {
    const town = await makeTown();
    const pid = await town.startByHand('beads', await testPort());
    await freeze(pid);
    const stop = runCommand(town, ['stop', 'beads', '--force', '--timeout', '10m', '--json']);
    // Bit 15 of proc(5)'s set of pending signals.
    const pending = () => /^ShdPnd:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    await eventually('SIGTERM', () => (Number.parseInt(pending(), 16) & 0x4000) !== 0);
    const { exitCode, stdout } = await interrupt(stop);
    expect(exitCode, stdout).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'CANCELLED' });
    process.kill(pid, 'SIGCONT');
    await town.until('its end', ({ state }) => state === 'stopped');
  });

  test.each([
    ['as a table', []],
    ['as JSON', ['--json']],
  ])('in a statement that takes long, %s', async (_, flags) => {
    const town = await makeTown();
    await town.start();
    const sql = runCommand(town, ['sql', '-q', 'SELECT SLEEP(600)', ...flags]);
    const connection = await town.connect();
    await eventually('the statement', async () => {
      const [rows] = await connection.query('SHOW PROCESSLIST');
      return JSON.stringify(rows).includes('SLEEP(600)');
    });
    const { exitCode, stdout } = await interrupt(sql);
    expect(exitCode, stdout).toBe(130);
    if (flags.length > 0) expect(JSON.parse(stdout)).toMatchObject({ code: 'CANCELLED', exit_code: 130 });
    await eventually('the end of its client', () =>
      processesOf(town.home).every(({ command }) => !command.includes('SLEEP')),
    );
  });

  test('in status --watch and logs -f is their normal end', async () => {
    const town = await makeTown();
    await town.start();
    const watch = runCommand(town, ['status', '--watch']);
    const follow = runCommand(town, ['logs', '-f']);
    const documents = runCommand(town, ['status', '--watch', '--json']);
    const logged = runCommand(town, ['logs', '-f', '--json']);
    await watch.prints(/beads\s+running/);
    await follow.prints(/Server ready/);
    await documents.prints(/"state":"running"[\s\S]*"state":"running"/);
    await logged.prints(/Server ready/);
    for (const command of [watch, follow, documents, logged]) {
      const { exitCode, stderr } = await interrupt(command);
      expect([exitCode, stderr]).toEqual([0, '']);
    }
    const lines = [documents, logged].map(async (command) => (await command.end()).stdout.trim().split('\n'));
    for (const line of (await Promise.all(lines)).flat()) expect(JSON.parse(line)).toMatchObject({ schema_version: 1 });
  });

  test('while a supervisor does not answer', async () => {
    const town = await makeTown();
    mkdirSync(town.path('.gt'));
    const silent = createServer().listen(town.path('.gt/supervisor.sock'));
    onTestFinished(() => void silent.close());
    for (const word of ['start', 'stop']) {
      const command = runCommand(town, [word, '--json']);
      const [socket] = (await once(silent, 'connection')) as [Socket];
      const { exitCode, stdout } = await interrupt(command);
      expect(exitCode, stdout).toBe(130);
      socket.destroy();
    }
    silent.close();
  });
});

describe('a frozen server', () => {
  test('is told as unreachable, not as running well, and start does not call it started', async () => {
    const town = await makeTown({ yaml: 'health: { interval: 200ms, timeout: 300ms }\n' });
    const [pid = Number.NaN] = await town.start();
    await freeze(pid);
    onTestFinished(() => {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended as it should.
      }
    });
    const rig = await town.until('noticed', ({ last_error }) => last_error?.includes('does not answer') === true);
    expect(rig).toMatchObject({ state: 'running', managed: true, reachable: false, identity: 'verified', pid });
    const start = await town.gt(['dolt', 'start', '--timeout', '500ms', '--json']);
    expect(start.exitCode).toBe(6);
    expect(json<ErrorDocument>(start).code).toBe('START_TIMEOUT');
    process.kill(pid, 'SIGCONT');
    const well = await town.until('well', ({ reachable, last_error }) => reachable && last_error === null);
    expect(well).toMatchObject({ identity: 'verified', pid, restarts: 0 });
  });

  test('is not killed by a stop that times out; then it ends by itself, and is not started again', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    await freeze(pid);
    const late = await town.gt(['dolt', 'stop', '--timeout', '300ms', '--json']);
    expect(late.exitCode, late.stdout).toBe(6);
    const error = json<ErrorDocument & { rigs: object[] }>(late);
    expect(error).toMatchObject({ code: 'STOP_TIMEOUT' });
    expect(error.rigs[0]).toMatchObject({ state: 'stopping', pid });
    expect(error.hint).toContain('--force');
    // Also when a new supervisor takes over: it knows what was asked for.
    process.kill(town.supervisorPid(), 'SIGKILL');
    const start = await town.gt(['dolt', 'start', '--timeout', '300ms', '--json']);
    expect(start.exitCode, start.stdout).toBe(6);
    expect(json<ErrorDocument>(start).code).toBe('STOP_TIMEOUT');
    process.kill(pid, 'SIGCONT');
    const rig = await town.until('stopped', ({ state }) => state === 'stopped');
    expect(rig).toMatchObject({ pid: null, restarts: 0 });
  });

  test('is killed by stop --force after its time-out, also beside a stop that waits, and it says so', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    await freeze(pid);
    const patient = runCommand(town, ['stop', '--timeout', '10m', '--json']);
    await eventually('stopping', () => hasState(town, 'stopping'));
    const forced = await town.gt(['dolt', 'stop', '--force', '--timeout', '300ms']);
    expect(forced.exitCode, forced.stderr).toBe(0);
    expect(forced.stdout).toContain('killed after');
    const { exitCode, stdout } = await patient.end();
    expect(exitCode, stdout).toBe(0);
  });
});
