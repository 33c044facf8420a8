import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import type { TownStatus } from '../../../src/supervisor/town-status.ts';
import { eventually } from '../../helpers/eventually.ts';
import { freeze } from '../../helpers/freeze.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { runCommand } from '../../helpers/running-command.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

const isGone = (town: TestTown) => eventually('the end of everything', () => processesOf(town.home).length === 0);

/** Ends a frozen process that a failed test has left. */
function killAtEnd(pid: number): void {
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended as it should.
    }
  });
}

/** Whether SIGTERM waits for a process that stands still: bit 15 of ShdPnd, see proc_pid_status(5). */
function hasPendingSigterm(pid: number): boolean {
  const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (Number.parseInt(pending.slice(-8), 16) & 0x4000) !== 0;
}

describe('a stop, while the state file says nothing', () => {
  const broken: [string, (town: TestTown) => void][] = [
    ['is empty', (town) => writeFileSync(town.path('.gt/state/beads.json'), '')],
    ['is another document', (town) => writeFileSync(town.path('.gt/state/beads.json'), '{}')],
    ['is gone', (town) => rmSync(town.path('.gt/state/beads.json'))],
    [
      'and the entry in gt.yaml are gone',
      (town) => {
        rmSync(town.path('.gt/state/beads.json'));
        writeFileSync(town.path('gt.yaml'), `rigs:\n  alpha: { port: ${town.port('beads')} }\n`);
      },
    ],
  ];
  test.each(broken)('because it %s, is asked of the supervisor that watches the server', async (_, lose) => {
    for (const args of [[], ['beads'], ['beads', '--force']]) {
      const town = await makeTown();
      await town.start();
      lose(town);
      const stop = await town.gt(['dolt', 'stop', ...args, '--json']);
      expect(stop.exitCode, stop.stdout).toBe(0);
      const { rigs } = json<TownStatus>(stop);
      expect(rigs).toContainEqual(expect.objectContaining({ rig: 'beads', state: 'stopped', forced: false }));
      await isGone(town);
    }
  });

  test('is no success where a supervisor takes the server for its own meanwhile, and starts it again', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    process.kill(town.supervisorPid(), 'SIGKILL');
    const state = JSON.stringify(town.state());
    rmSync(town.path('.gt/state/beads.json'));
    await freeze(pid);
    killAtEnd(pid);
    // Nobody watches it and nothing tells of it: to this one it was started by hand.
    const stop = runCommand(town, ['stop', 'beads', '--force', '--timeout', '5s', '--json']);
    await eventually('its SIGTERM', () => hasPendingSigterm(pid));
    writeFileSync(town.path('.gt/state/beads.json'), state);
    expect((await town.gt(['dolt', 'start', '--timeout', '300ms'])).exitCode).toBe(6);
    const { exitCode, stdout } = await stop.end();
    expect(exitCode, stdout).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'CONFLICT', hint: 'gt dolt stop beads' });
    await town.stop();
  });
});

test('a restart that times out goes on in the supervisor, unless a stop comes after it', async () => {
  const town = await makeTown();
  for (const stops of [false, true]) {
    const [pid = Number.NaN] = await town.start();
    const supervisor = town.supervisorPid();
    await freeze(pid);
    killAtEnd(pid);
    const restart = await town.gt(['dolt', 'restart', '--timeout', '500ms', '--json']);
    expect(restart.exitCode, restart.stdout).toBe(6);
    expect(json<ErrorDocument>(restart)).toMatchObject({ code: 'STOP_TIMEOUT' });
    expect(json<ErrorDocument>(restart).hint).toContain('started again as soon as it has ended');
    // Who also waits too short for it changes nothing of that.
    expect((await town.gt(['dolt', 'start', '--timeout', '200ms'])).exitCode).toBe(6);
    if (stops) expect((await town.gt(['dolt', 'stop', '--timeout', '200ms'])).exitCode).toBe(6);
    process.kill(pid, 'SIGCONT');
    if (stops) await isGone(town);
    const rig = await town.until('the end of it', ({ state }) => state === (stops ? 'stopped' : 'running'));
    if (stops) expect(rig.pid).toBeNull();
    else expect(rig).toMatchObject({ reachable: true, identity: 'verified', restarts: 0 });
    expect(rig.pid).not.toBe(pid);
    if (!stops) expect(town.supervisorPid()).toBe(supervisor);
  }
});

test('a frozen supervisor is told as one that is there and does not answer, by each command', async () => {
  const town = await makeTown();
  const [pid] = await town.start();
  const supervisor = town.supervisorPid();
  await freeze(supervisor);
  onTestFinished(() => void process.kill(supervisor, 'SIGCONT'));
  const [status, ...changes] = await Promise.all([
    town.gt(['dolt', 'status', '--json']),
    town.gt(['dolt', 'start', '--json']),
    town.gt(['dolt', 'restart', '--json']),
    town.gt(['dolt', 'stop', '--json']),
  ]);
  expect(status.exitCode, status.stdout).toBe(0);
  expect(json<TownStatus>(status)).toMatchObject({
    supervisor: { running: true, pid: supervisor, uptime_seconds: null },
    rigs: [{ state: 'running', reachable: true, pid }],
  });
  expect(status.stderr).toContain(`the supervisor, pid ${supervisor}, does not answer`);
  for (const change of changes) {
    expect(change.exitCode, change.stdout).toBe(6);
    const { error, hint } = json<ErrorDocument>(change);
    expect(error).toContain(`pid ${supervisor}, does not answer`);
    expect(hint).toContain(String(supervisor));
  }
  process.kill(supervisor, 'SIGCONT');
  expect(await town.start()).toEqual([pid]);
});

test('of a gt.yaml that is a directory status and stop warn, and go by what runs', async () => {
  const town = await makeTown();
  const [pid] = await town.start();
  rmSync(town.path('gt.yaml'));
  mkdirSync(town.path('gt.yaml'));
  const status = await town.gt(['dolt', 'status', '--json']);
  expect(status.exitCode, status.stdout).toBe(0);
  expect(json<TownStatus>(status).rigs).toMatchObject([{ rig: 'beads', state: 'running', pid }]);
  expect(status.stderr).toContain('gt.yaml is a directory');
  const start = await town.gt(['dolt', 'start', '--json']);
  expect(start.exitCode, start.stdout).toBe(1);
  expect(json<ErrorDocument>(start)).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.any(String) });
  const stop = await town.gt(['dolt', 'stop']);
  expect(stop.exitCode, stop.stderr).toBe(0);
  expect(stop.stderr).toContain('gt.yaml is a directory');
  await isGone(town);
});

describe('a first start that fails', () => {
  test.each(['pct%zz', 'pct%41', 'pct%'])('because Dolt cannot open %s makes nothing', async (name) => {
    const town = await makeTown({ rigs: [] });
    const dataDir = town.own(name);
    for (const args of [['start'], ['start', '--foreground'], ['init-rig', 'alpha']]) {
      const result = await town.gt(['dolt', ...args, '--json', '--data-dir', dataDir]);
      expect(result.exitCode, result.stdout).toBe(1);
      expect(json<ErrorDocument>(result)).toMatchObject({ code: 'VALIDATION', hint: expect.stringContaining('DIR') });
    }
    expect(existsSync(dataDir)).toBe(false);
  });

  test('in dolt init writes no gt.yaml, and the next one works', async () => {
    const town = await makeTown({ rigs: [] });
    const dolt = town.own('dolt');
    const script = `#!/bin/sh\nif [ "$1" = init ]; then echo 'no such luck' >&2; exit 1; fi\nexec '${process.env['GT_DOLT_BIN']}' "$@"\n`;
    writeFileSync(dolt, script, { mode: 0o755 });
    const env = { GT_DOLT_PORT: String(await testPort()) };
    const failed = await town.gt(['dolt', 'start', '--json'], { env: { ...env, GT_DOLT_BIN: dolt } });
    expect(failed.exitCode, failed.stdout).toBe(1);
    expect(json<ErrorDocument>(failed).error).toContain('no such luck');
    expect(existsSync(join(town.dataDir, 'gt.yaml'))).toBe(false);
    const started = await town.gt(['dolt', 'start', '--json'], { env });
    expect(started.exitCode, started.stdout).toBe(0);
    await town.stop();
  });
});
