import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt, NEVER_READY } from '../../helpers/fake-dolt.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { runCommand } from '../../helpers/running-command.ts';
import { makeTown } from '../../helpers/town.ts';

describe('gt dolt start --foreground', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('runs until %s, which stops the servers', async (signal) => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    const foreground = runCommand(town, ['start', '--foreground']);
    await foreground.prints(/beads.*ready in/);
    await foreground.prints(/gastown.*ready in/);
    const { supervisor, rigs } = await town.status();
    expect(supervisor).toMatchObject({ running: true, pid: foreground.pid });
    expect(rigs.map((rig) => [rig.state, rig.managed])).toEqual(Array(2).fill(['running', true]));
    process.kill(rigs[0]?.pid ?? Number.NaN, 'SIGKILL');
    await town.until('another server', (rig) => rig.state === 'running' && rig.restarts === 1);
    foreground.signal(signal);
    const { exitCode, stderr } = await foreground.end();
    expect(exitCode, stderr).toBe(0);
    expect(processesOf(town.home)).toEqual([]);
  });

  test('ends when another gt stops the servers', async () => {
    const town = await makeTown();
    const foreground = runCommand(town, ['start', '--foreground', '--json']);
    // The end of its own start; its document comes with its end.
    await foreground.prints(/beads: ready on/);
    expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
    const { exitCode, stdout } = await foreground.end();
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rigs: [{ rig: 'beads', state: 'running' }], schema_version: 1 });
  });

  test('Ctrl-C before the servers are ready stops them and exits with 130', async () => {
    const town = await makeTown();
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), NEVER_READY) };
    const foreground = runCommand(town, ['start', '--foreground', '--timeout', '10m', '--json'], env);
    await eventually('starting', async () => (await town.rig()).state === 'starting');
    foreground.signal('SIGINT');
    const { exitCode, stdout } = await foreground.end();
    expect(exitCode, stdout).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'CANCELLED' });
    expect(processesOf(town.home)).toEqual([]);
  });

  test('is what the units for systemd and launchd run', async () => {
    const unit = (name: string) => readFileSync(join(import.meta.dirname, '../../../templates', name), 'utf8');
    const words = /^ExecStart=(.*)$/m.exec(unit('systemd/gt-dolt.service'))?.[1]?.split(' ') ?? [];
    const array = /<array>([\s\S]*?)<\/array>/.exec(unit('launchd/town.gas.gt-dolt.plist'))?.[1] ?? '';
    expect([...array.matchAll(/<string>(.*?)<\/string>/g)].map((match) => match[1])).toEqual(words);
    const town = await makeTown();
    const [gt, dolt, ...args] = words;
    expect([gt, dolt]).toEqual(['/usr/local/bin/gt', 'dolt']);
    const foreground = runCommand(town, args);
    await foreground.prints(/beads.*ready in/);
    foreground.signal('SIGTERM');
    expect((await foreground.end()).exitCode).toBe(0);
  });

  test('is found by logs --supervisor', async () => {
    const town = await makeTown();
    const foreground = runCommand(town, ['start', '--foreground']);
    await foreground.prints(/beads.*ready in/);
    const logs = await town.gt(['dolt', 'logs', '--supervisor']);
    expect(logs.stdout).toMatch(/level=info msg="beads: ready on 127\.0\.0\.1:\d+/);
    expect(statSync(town.path('.gt/supervisor.log')).mode & 0o777).toBe(0o600);
    foreground.signal('SIGTERM');
    expect((await foreground.end()).exitCode).toBe(0);
  });

  test('that could not try anything leaves alone what a supervisor before it started', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    process.kill(town.supervisorPid(), 'SIGKILL');
    const good = readFileSync(town.path('gt.yaml'), 'utf8');
    expect((await town.gt(['dolt', 'start', 'gastown', '--foreground'])).exitCode).toBe(1);
    writeFileSync(town.path('gt.yaml'), 'rigs: [');
    expect((await town.gt(['dolt', 'start', '--foreground'])).exitCode).toBe(1);
    writeFileSync(town.path('gt.yaml'), good);
    expect(await town.rig()).toMatchObject({ state: 'running', reachable: true, pid });
  });

  test('ends with the error when nothing could be started', async () => {
    const town = await makeTown();
    const unknown = await town.gt(['dolt', 'start', 'gastown', '--foreground', '--json']);
    expect(unknown.exitCode).toBe(1);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ code: 'RIG_UNKNOWN' });
    const holder = createServer().listen(town.port('beads'), '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const held = await town.gt(['dolt', 'start', '--foreground', '--json']);
    expect(held.exitCode).toBe(4);
    expect((JSON.parse(held.stdout) as ErrorDocument).code).toBe('PORT_IN_USE');
    holder.close();
  });
});
