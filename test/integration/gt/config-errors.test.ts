import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt } from '../../helpers/fake-dolt.ts';
import { freeze } from '../../helpers/freeze.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

/** A command that fails before anything is started. */
async function fails(town: TestTown, exit: number, args: string[], env: NodeJS.ProcessEnv = {}) {
  const result = await town.gt(['dolt', ...args, '--json'], { env });
  expect(result.exitCode, result.stdout + result.stderr).toBe(exit);
  const error = json<ErrorDocument>(result);
  expect(error).toMatchObject({ exit_code: exit, schema_version: 1 });
  await eventually('the end of the supervisor', () => processesOf(town.home).length === 0);
  return error;
}

describe('gt.yaml', () => {
  test.each([
    ['not YAML', 'rigs:\n  beads: { port: 3\n', /gt\.yaml:\d+:\d+: is not YAML/],
    ['an unknown key', 'rigs:\n  beads:\n    prot: 3310\n', /gt\.yaml:3:5: unknown key "prot" \(known: .*port/],
    [
      'two rigs with one port',
      'rigs:\n  beads: { port: 23000 }\n  gastown: { port: 23000 }\n',
      /gt\.yaml:3:20: port 23000 of rig "gastown" is already that of rig "beads"/,
    ],
  ])('with %s: file, line and column are named, nothing is started or changed', async (_, yaml, message) => {
    const town = await makeTown();
    writeFileSync(town.path('gt.yaml'), yaml);
    const error = await fails(town, 1, ['start']);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.error).toMatch(message);
    expect(readFileSync(town.path('gt.yaml'), 'utf8')).toBe(yaml);
    expect(existsSync(town.path('.gt'))).toBe(false);
  });

  test('that somebody breaks while the town runs keeps nothing from being started again', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    const good = readFileSync(town.path('gt.yaml'), 'utf8');
    writeFileSync(town.path('gt.yaml'), `${good}rigs: [`);
    process.kill(pid, 'SIGKILL');
    const again = await town.until('another server', (rig) => rig.state === 'running' && rig.restarts === 1);
    expect(again.pid).not.toBe(pid);
    await town.connect();
    writeFileSync(town.path('gt.yaml'), good);
    expect(await town.rig()).toMatchObject({ state: 'running', restarts: 1 });
  });

  test.each(['with its supervisor', 'without one'])(
    'that somebody breaks keeps nobody from seeing and stopping what runs, %s',
    async (how) => {
      const town = await makeTown({ rigs: ['beads', 'gastown'] });
      const pids = await town.start();
      await town.gt(['dolt', 'stop', 'gastown']);
      if (how === 'without one') process.kill(town.supervisorPid(), 'SIGKILL');
      const good = readFileSync(town.path('gt.yaml'), 'utf8');
      writeFileSync(town.path('gt.yaml'), `${good}rigs: [`);
      const status = await town.gt(['dolt', 'status', '--json']);
      expect(status.exitCode, status.stdout).toBe(3);
      expect(status.stderr).toMatch(/Warning: .*gt\.yaml:\d+:\d+: /);
      expect(json(status)).toMatchObject({
        rigs: [
          { rig: 'beads', state: 'running', identity: 'verified', pid: pids[0], port: town.port('beads') },
          { rig: 'gastown', state: 'stopped', pid: null, port: town.port('gastown') },
        ],
      });
      expect((await town.gt(['dolt', 'status', 'beads'])).exitCode).toBe(0);
      const start = await town.gt(['dolt', 'start', '--json']);
      expect(start.exitCode).toBe(1);
      expect(json<ErrorDocument>(start).error).toMatch(/gt\.yaml:\d+:\d+: /);
      const stop = await town.gt(['dolt', 'stop', '--json']);
      expect(stop.exitCode, stop.stdout + stop.stderr).toBe(0);
      expect(stop.stderr).toContain('Warning: ');
      await eventually('the end of everything', () => processesOf(town.home).length === 0);
      writeFileSync(town.path('gt.yaml'), good);
      expect((await town.status()).rigs.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    },
  );

  test('is read again while the town runs: how often the servers are looked at', async () => {
    const town = await makeTown({ yaml: 'health: { interval: 10m }\n' });
    const [pid = Number.NaN] = await town.start();
    await freeze(pid);
    const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
    writeFileSync(town.path('gt.yaml'), yaml.replace('interval: 10m', 'interval: 200ms, timeout: 300ms'));
    await eventually('the problem', () => town.state().lastError?.includes('does not answer') === true);
    process.kill(pid, 'SIGCONT');
    await town.until('well', ({ reachable }) => reachable);
  });
});

describe('GT_DOLT_PORT', () => {
  test.each(['abc', '0', '70000', '33.5', '1e3', '-1'])(
    'that is no port, %s, is told as a usage error',
    async (port) => {
      const town = await makeTown({ rigs: [] });
      for (const args of [['start'], ['init-rig', 'gastown']]) {
        const error = await fails(town, 2, args, { GT_DOLT_PORT: port });
        expect(error.code).toBe('USAGE');
        expect(error.error).toContain(`GT_DOLT_PORT is "${port}"`);
      }
      expect(existsSync(town.path('gt.yaml'))).toBe(false);
    },
  );
});

describe('names', () => {
  test('that cannot be a rig’s are refused with the nearest that can', async () => {
    const town = await makeTown();
    const error = await fails(town, 2, ['start', 'My-Project']);
    expect(error).toMatchObject({ code: 'RIG_NAME_INVALID', hint: 'use "my_project"' });
  });

  test('that are not configured are refused, and the configured ones named', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    for (const command of ['start', 'stop', 'restart', 'status']) {
      const error = await fails(town, 1, [command, 'gas']);
      expect(error.code, command).toBe('RIG_UNKNOWN');
      expect(error.error).toContain('beads, gastown');
    }
  });
});

describe('the directory of a rig', () => {
  test('without a database is not made into one', async () => {
    const town = await makeTown();
    rmSync(town.path('beads'), { recursive: true });
    mkdirSync(town.path('beads'));
    writeFileSync(town.path('beads/notes.txt'), 'mine');
    const error = await fails(town, 1, ['start']);
    expect(error.code).toBe('RIG_WITHOUT_DATABASE');
    expect(error.error).toContain(town.path('beads'));
    expect(readFileSync(town.path('beads/notes.txt'), 'utf8')).toBe('mine');
  });

  test('without a database keeps the other rigs from nothing', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    rmSync(town.path('beads/.dolt'), { recursive: true });
    const start = await town.gt(['dolt', 'start', '--json']);
    expect(start.exitCode).toBe(1);
    expect(json(start)).toMatchObject({
      code: 'RIG_WITHOUT_DATABASE',
      rigs: [
        { rig: 'gastown', state: 'running' },
        { rig: 'beads', state: 'stopped' },
      ],
    });
  });

  test('that vanished is told as a loss, and no empty database takes its place', async () => {
    const town = await makeTown();
    await town.start();
    await town.gt(['dolt', 'stop']);
    renameSync(town.path('beads'), town.own('moved'));
    const error = await fails(town, 1, ['start']);
    expect(error.code).toBe('RIG_WITHOUT_DATABASE');
    expect(error.error).toContain('is gone');
    expect(existsSync(town.path('beads'))).toBe(false);
    renameSync(town.own('moved'), town.path('beads'));
    await town.start();
  });
});

describe('Dolt', () => {
  test('missing', async () => {
    const town = await makeTown();
    const error = await fails(town, 5, ['start'], { GT_DOLT_BIN: '', PATH: '/nonexistent' });
    expect(error).toMatchObject({ code: 'DOLT_NOT_FOUND', hint: 'gt dolt install' });
  });

  test('not where GT_DOLT_BIN says', async () => {
    const town = await makeTown();
    const error = await fails(town, 5, ['start'], { GT_DOLT_BIN: join(town.home, 'no-dolt') });
    expect(error.code).toBe('DOLT_UNUSABLE');
    expect(error.error).toContain('does not exist');
  });

  test('too old, of a version that loses data, not executable, no Dolt at all', async () => {
    const town = await makeTown();
    const bin = town.own('dolt');
    for (const [script, mode, why] of [
      ['echo dolt version 1.85.9', 0o755, 'older than 1.86.0'],
      ['echo dolt version 2.0.3', 0o755, 'lose data'],
      ['echo dolt version 1.86.4', 0o644, 'not executable'],
      ['echo hello', 0o755, 'is not Dolt'],
      ['echo broken >&2; exit 1', 0o755, '"broken"'],
    ] as const) {
      writeFileSync(bin, `#!/bin/sh\n${script}\n`);
      chmodSync(bin, mode);
      const error = await fails(town, 5, ['start'], { GT_DOLT_BIN: bin });
      expect(error.code, script).toBe('DOLT_UNUSABLE');
      expect(error.error).toContain(why);
      expect(error.error).toContain(bin);
    }
  });

  test('that exits at once: its last log lines are in the error, and not those of the start before', async () => {
    const town = await makeTown();
    const dolt = fakeDolt(town.own('dolt'), 'echo "first words $$"; echo "no luck today" >&2; exit 3');
    const error = await fails(town, 1, ['start'], { GT_DOLT_BIN: dolt });
    expect(error.code).toBe('SERVER_FAILED');
    expect(error.error).toContain('no luck today');
    const again = await fails(town, 1, ['start'], { GT_DOLT_BIN: dolt });
    expect(again.error.match(/first words/g)).toHaveLength(1);
    expect(await town.rig()).toMatchObject({ state: 'failed', pid: null });
    expect((await town.rig()).last_error).toContain('no luck today');
    rmSync(dolt);
    await town.start();
    expect(await town.rig()).toMatchObject({ state: 'running', last_error: null });
  });

  test('that is a script which becomes Dolt can be started, restarted and stopped', async () => {
    const town = await makeTown();
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), 'exec "$DOLT" "$@"') };
    for (const command of ['start', 'restart', 'stop']) {
      const result = await town.gt(['dolt', command, '--json'], { env });
      expect(result.exitCode, result.stdout).toBe(0);
    }
  });
});
