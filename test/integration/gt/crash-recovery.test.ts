import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt, NEVER_READY, NEVER_READY_SHELL } from '../../helpers/fake-dolt.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

/** Restarts that are quick enough to wait for. */
const QUICK = 'restart: { first_delay: 20ms, max_delay: 40ms, max_failures: 3, window: 10m }\n';

function servers(town: TestTown): number[] {
  return processesOf(town.home)
    .filter(({ command }) => command.includes('sql-server'))
    .map(({ pid }) => pid);
}

describe('SIGKILL', () => {
  test('of a server: another one is there, on the same port, and it is counted', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    const connection = await town.connect();
    await connection.query('CREATE TABLE kept (id INT PRIMARY KEY)');
    process.kill(pid, 'SIGKILL');
    const rig = await town.until('another server', (now) => now.state === 'running' && now.pid !== pid);
    expect(rig).toMatchObject({ port: town.port('beads'), restarts: 1, managed: true, identity: 'verified' });
    expect(servers(town)).toEqual([rig.pid]);
    const [rows] = await (await town.connect()).query('SHOW TABLES');
    expect(rows).toHaveLength(1);
  });

  test('of a server: commands that come while it is started again wait for it', async () => {
    const town = await makeTown();
    const gate = town.own('gate');
    writeFileSync(gate, '');
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), waitFor(gate)) };
    expect((await town.gt(['dolt', 'start'], { env })).exitCode).toBe(0);
    const cwd = town.own('project');
    mkdirSync(cwd);
    expect((await town.bd(['init', '--rig', 'beads', '--prefix', 'hq'], { cwd })).exitCode).toBe(0);
    rmSync(gate);
    process.kill((await town.rig()).pid ?? Number.NaN, 'SIGKILL');
    await town.until('its next start', ({ state, restarts }) => state === 'starting' && restarts === 1);
    const asked = [
      town.bd(['create', 'While it was away'], { cwd }),
      town.bd(['list', '--json'], { cwd }),
      town.gt(['dolt', 'sql', '-q', 'SELECT 42 AS n']),
    ];
    const isAsked = (what: string) => processesOf(town.home).some(({ command }) => command.includes(what));
    await eventually('the commands', () => ['bd.cjs create', 'bd.cjs list', 'gt.cjs dolt sql'].every(isAsked));
    writeFileSync(gate, '');
    for (const { exitCode, stderr } of await Promise.all(asked)) expect(exitCode, stderr).toBe(0);
    expect((await asked[2])?.stdout).toContain('42');
    expect(json<object[]>(await town.bd(['list', '--json'], { cwd }))).toHaveLength(1);
    // One that nobody starts again is told at once.
    process.kill(town.supervisorPid(), 'SIGKILL');
    process.kill((await town.rig()).pid ?? Number.NaN, 'SIGKILL');
    await town.until('its end', ({ state }) => state === 'stopped');
    const down = await town.bd(['list', '--json'], { cwd });
    expect(json(down)).toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test('of the supervisor: the servers live on, status works, the next start adopts them', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    const pids = await town.start();
    const before = town.supervisorPid();
    process.kill(before, 'SIGKILL');
    const result = await town.gt(['dolt', 'status', '--json']);
    expect(result.exitCode).toBe(0);
    expect(json(result)).toMatchObject({
      supervisor: { running: false, pid: null },
      rigs: [
        { rig: 'beads', state: 'running', managed: true, reachable: true, identity: 'verified', pid: pids[0] },
        { rig: 'gastown', state: 'running', managed: true, reachable: true, identity: 'verified', pid: pids[1] },
      ],
    });
    // One rig is asked for; both are watched again.
    expect(await town.start('beads')).toEqual([pids[0]]);
    expect(town.supervisorPid()).not.toBe(before);
    expect((await town.status()).rigs.map((rig) => [rig.pid, rig.restarts])).toEqual(pids.map((pid) => [pid, 0]));
    process.kill(pids[1] ?? Number.NaN, 'SIGKILL');
    const again = await town.until('another server', (rig) => rig.state === 'running' && rig.restarts === 1, 'gastown');
    expect(again.port).toBe(town.port('gastown'));
  });

  test('of the supervisor, then stop: the survivors are stopped', async () => {
    const town = await makeTown();
    await town.start();
    process.kill(town.supervisorPid(), 'SIGKILL');
    const stopped = await town.gt(['dolt', 'stop', '--json']);
    expect(stopped.exitCode, stopped.stdout).toBe(0);
    expect(servers(town)).toEqual([]);
  });

  test('of a server and the supervisor: status tells, the next start of any rig brings it back', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    const [pid = Number.NaN] = await town.start();
    process.kill(town.supervisorPid(), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    const dead = await town.until('its end', (rig) => rig.state === 'stopped');
    expect(dead).toMatchObject({ pid: null, reachable: false });
    expect(dead.last_error).toContain('while no supervisor ran');
    await town.start('gastown');
    await town.until('its server', (rig) => rig.state === 'running' && rig.restarts === 1);
    expect(servers(town)).toHaveLength(2);
  });

  test.each([
    ['every rig', []],
    ['one of them', ['beads']],
  ])(
    'of all servers and the supervisor, then stop of %s: nothing is spawned, no other rig is touched',
    async (_, asked) => {
      const { town, spawned } = await countingTown();
      const pids = await town.start();
      process.kill(town.supervisorPid(), 'SIGKILL');
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await eventually('their end', () => processesOf(town.home).length === 0);
      const before = readFileSync(town.path('.gt/state/gastown.json'), 'utf8');
      const stopped = await town.gt(['dolt', 'stop', ...asked]);
      expect(stopped.exitCode, stopped.stderr).toBe(0);
      expect(stopped.stdout.match(/was not running/g)).toHaveLength(asked.length || 2);
      expect(spawned()).toBe(2);
      expect(processesOf(town.home)).toEqual([]);
      expect(await town.rig()).toMatchObject({ state: 'stopped', last_error: null });
      if (asked.length > 0) expect(readFileSync(town.path('.gt/state/gastown.json'), 'utf8')).toBe(before);
    },
  );

  test('of the supervisor and one server, then stop of the survivor: the dead one stays dead until a start', async () => {
    const { town, spawned } = await countingTown();
    const [pid = Number.NaN] = await town.start();
    process.kill(town.supervisorPid(), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await town.until('its end', (rig) => rig.state === 'stopped');
    const stopped = await town.gt(['dolt', 'stop', 'gastown']);
    expect(stopped.stdout, stopped.stderr).toContain('stopped in');
    await eventually('the end of the supervisor', () => processesOf(town.home).length === 0);
    expect(spawned()).toBe(2);
    expect((await town.status()).rigs.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    const started = await town.gt(['dolt', 'start', 'beads']);
    // This very start brought it up.
    expect(started.stdout, started.stderr).toContain('ready in');
    expect(spawned()).toBe(3);
  });

  test('of gt dolt start while it makes the database: the next start makes it', async () => {
    const town = await makeTown({ rigs: [] });
    const slow = fakeDolt(town.own('dolt'), 'exec "$DOLT" "$@"');
    const mark = town.own('initialising');
    // Makes a part of the database, then hangs.
    const script = readFileSync(slow, 'utf8').replace(
      '#!/bin/sh',
      `#!/bin/sh\nif [ "$1" = init ]; then mkdir -p .dolt/noms; echo > '${mark}'; exec sleep 1000; fi`,
    );
    writeFileSync(slow, script);
    const port = String(await testPort());
    const starting = town.gt(['dolt', 'start'], { env: { GT_DOLT_BIN: slow, GT_DOLT_PORT: port } });
    await eventually('dolt init', () => existsSync(mark));
    for (const { pid } of processesOf(town.home)) process.kill(pid, 'SIGKILL');
    await starting;
    expect(existsSync(town.path('beads'))).toBe(false);
    const started = await town.gt(['dolt', 'start'], { env: { GT_DOLT_PORT: port } });
    expect(started.exitCode, started.stderr).toBe(0);
    expect(await town.rig()).toMatchObject({ state: 'running', identity: 'verified' });
    await town.gt(['dolt', 'stop']);
  });

  test('of gt dolt start while it waits: the supervisor goes on, the next start finds the server', async () => {
    const town = await makeTown();
    const gate = town.own('gate');
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), waitFor(gate)) };
    const starting = town.gt(['dolt', 'start'], { env });
    await eventually('starting', () => isStarting(town));
    const [gt] = processesOf(town.home).filter(({ command }) => command.includes('gt.cjs dolt start'));
    process.kill(gt?.pid ?? Number.NaN, 'SIGKILL');
    await starting;
    writeFileSync(gate, '');
    const rig = await town.until('running', ({ state }) => state === 'running');
    expect(await town.start()).toEqual([rig.pid]);
    await town.gt(['dolt', 'stop']);
  });
});

test('a supervisor that dies while it is asked is followed by the next one, but not for ever', async () => {
  const town = await makeTown();
  const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), NEVER_READY_SHELL) };
  const start = town.gt(['dolt', 'start', '--timeout', '10m', '--json'], { env });
  await eventually('starting', () => isStarting(town));
  const starting = town.state().server?.pid;
  let over = false;
  void start.finally(() => {
    over = true;
  });
  const killed = new Set<number>();
  for (; !over; await delay(20)) {
    if (!existsSync(town.path('.gt/supervisor.json'))) continue;
    const pid = town.supervisorPid();
    if (killed.has(pid)) continue;
    process.kill(pid, 'SIGKILL');
    killed.add(pid);
  }
  expect(killed.size).toBeGreaterThanOrEqual(3);
  const result = await start;
  expect(result.exitCode, result.stdout).toBe(1);
  expect(json<ErrorDocument>(result)).toMatchObject({ code: 'SUPERVISOR_FAILED' });
  // Each took over what was starting.
  const again = await town.gt(['dolt', 'start', '--timeout', '200ms'], { env });
  expect(again.exitCode).toBe(6);
  expect(town.state().server?.pid).toBe(starting);
  expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
});

describe('a server that dies again and again', () => {
  test('is given up after the cap, with its last log lines as the reason; a start forgets that', async () => {
    const town = await makeTown({ yaml: QUICK });
    const poison = town.own('poison');
    const script = `if [ -e '${poison}' ]; then echo "poisoned"; exit 7; fi; exec "$DOLT" "$@"`;
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), script) };
    expect((await town.gt(['dolt', 'start'], { env })).exitCode).toBe(0);
    writeFileSync(poison, '');
    process.kill((await town.rig()).pid ?? Number.NaN, 'SIGKILL');
    const rig = await town.until('failed', ({ state }) => state === 'failed');
    expect(rig).toMatchObject({ pid: null, reachable: false, managed: true });
    expect(rig.last_error).toContain('given up after 3 failures');
    expect(rig.last_error).toContain('poisoned');
    expect((await town.gt(['dolt', 'status'])).exitCode).toBe(3);
    rmSync(poison);
    expect((await town.gt(['dolt', 'start'], { env })).exitCode).toBe(0);
    expect(await town.rig()).toMatchObject({ state: 'running', restarts: 0, last_error: null });
    process.kill((await town.rig()).pid ?? Number.NaN, 'SIGKILL');
    await town.until('another server', ({ state, restarts }) => state === 'running' && restarts === 1);
    await town.gt(['dolt', 'stop']);
  });

  test('can be stopped while its next start is due, and stays stopped', async () => {
    const town = await makeTown({ yaml: 'restart: { first_delay: 10m, max_delay: 10m }\n' });
    const poison = town.own('poison');
    const script = `if [ -e '${poison}' ]; then exit 7; fi; exec "$DOLT" "$@"`;
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), script) };
    expect((await town.gt(['dolt', 'start'], { env })).exitCode).toBe(0);
    writeFileSync(poison, '');
    process.kill((await town.rig()).pid ?? Number.NaN, 'SIGKILL');
    const rig = await town.until('backoff', ({ state, restarts }) => state === 'backoff' && restarts === 1);
    expect(rig.pid).toBe(null);
    expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
    await eventually('the end of the supervisor', () => processesOf(town.home).length === 0);
    expect(await town.rig()).toMatchObject({ state: 'stopped', last_error: null });
  });

  test('can be started by hand while its next start is due', async () => {
    const town = await makeTown({ yaml: 'restart: { first_delay: 10m, max_delay: 10m }\n' });
    const poison = town.own('poison');
    const script = `if [ -e '${poison}' ]; then exit 7; fi; exec "$DOLT" "$@"`;
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), script) };
    expect((await town.gt(['dolt', 'start'], { env })).exitCode).toBe(0);
    writeFileSync(poison, '');
    process.kill((await town.rig()).pid ?? Number.NaN, 'SIGKILL');
    await town.until('backoff', ({ state, restarts }) => state === 'backoff' && restarts === 1);
    rmSync(poison);
    await town.start();
    expect(servers(town)).toHaveLength(1);
    await town.gt(['dolt', 'stop']);
  });
});

describe('a server that never gets ready', () => {
  test('times out with exit 6, goes on starting, and can be stopped', async () => {
    const town = await makeTown();
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), NEVER_READY) };
    for (let round = 0; round < 2; round += 1) {
      const late = await town.gt(['dolt', 'start', '--timeout', '300ms', '--json'], { env });
      expect(late.exitCode, late.stdout).toBe(6);
      expect(json<ErrorDocument>(late)).toMatchObject({ code: 'START_TIMEOUT' });
      await eventually('the program that sleeps', () => sleepers(town) > 0);
      expect([sleepers(town), servers(town)]).toEqual([1, []]);
    }
    expect(await town.rig()).toMatchObject({ state: 'starting', reachable: false, identity: 'verified' });
    const stopped = await town.gt(['dolt', 'stop', '--json']);
    expect(stopped.exitCode, stopped.stdout).toBe(0);
    expect(json<{ rigs: object[] }>(stopped).rigs[0]).toMatchObject({ state: 'stopped', forced: false });
  });

  test('counts as a death when it ends after nobody waits any more', async () => {
    const town = await makeTown({ yaml: QUICK });
    const gate = town.own('gate');
    const script = `if [ -e '${gate}' ]; then exec "$DOLT" "$@"; fi; exec sleep 1000`;
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), script) };
    const late = await town.gt(['dolt', 'start', '--timeout', '200ms'], { env });
    expect(late.exitCode).toBe(6);
    const { pid } = await town.rig();
    await eventually('the program that has not seen the gate', () => sleepers(town) > 0);
    writeFileSync(gate, '');
    process.kill(pid ?? Number.NaN, 'SIGKILL');
    const rig = await town.until('running', ({ state }) => state === 'running');
    expect(rig.restarts).toBe(1);
    await town.gt(['dolt', 'stop']);
  });

  test('gives way to a stop at once', async () => {
    const town = await makeTown();
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), NEVER_READY) };
    const start = town.gt(['dolt', 'start', '--timeout', '10m', '--json'], { env });
    await eventually('starting', () => isStarting(town));
    expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
    expect(json<ErrorDocument>(await start)).toMatchObject({ code: 'CONFLICT', exit_code: 1 });
  });
});

/** Two rigs, and how often a server of theirs was spawned. */
async function countingTown(): Promise<{ town: TestTown; spawned(): number }> {
  const town = await makeTown({ rigs: ['beads', 'gastown'] });
  const count = town.own('spawned');
  // In the environment of the town, and so of all its supervisors.
  town.env['GT_DOLT_BIN'] = fakeDolt(town.own('dolt'), `echo >> '${count}'; exec "$DOLT" "$@"`);
  return { town, spawned: () => readFileSync(count, 'utf8').length };
}

function isStarting(town: TestTown): boolean {
  return existsSync(town.path('.gt/state/beads.json')) && town.state().state === 'starting';
}

function sleepers(town: TestTown): number {
  return processesOf(town.home).filter(({ command }) => command.startsWith('sleep')).length;
}

/** A script that becomes Dolt once a file exists. */
function waitFor(file: string): string {
  return `while [ ! -e '${file}' ]; do sleep 0.05; done; exec "$DOLT" "$@"`;
}
