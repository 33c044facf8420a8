import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import type { TownStatus } from '../../../src/supervisor/town-status.ts';
import { eventually } from '../../helpers/eventually.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { runCommand } from '../../helpers/running-command.ts';
import { makeTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

const PASSWORD = 'password-of-ann';

test('a rig on another host is used as one of ours, and left to who manages it', async () => {
  const far = await makeTown();
  const remotesapi = String(await testPort());
  const [pid] = await far.start('--federation', '--remotesapi-port', remotesapi);
  expect((await far.gt(['dolt', 'user', 'add', 'ann', '--password-stdin'], { input: PASSWORD })).exitCode).toBe(0);

  const town = await makeTown({ rigs: [], env: { BEADS_DOLT_PASSWORD: PASSWORD } });
  mkdirSync(town.dataDir, { mode: 0o700 });
  const endpoint = `host: localhost, port: ${far.port('beads')}, user: ann, ca: ${far.path('.gt/tls/ca.pem')}`;
  writeFileSync(town.path('gt.yaml'), `rigs:\n  beads: { endpoint: { ${endpoint} } }\n`);
  const status = await town.gt(['dolt', 'status', '--json']);
  expect(status.exitCode, status.stdout).toBe(0);
  expect(json<TownStatus>(status).rigs).toEqual([
    expect.objectContaining({ state: 'running', managed: false, reachable: true, pid: null, disk_bytes: null }),
  ]);
  expect((await town.gt(['dolt', 'status'])).stdout).toContain('running (elsewhere)');
  expect((await town.gt(['dolt', 'list'])).stdout).toContain('managed elsewhere');
  for (const args of [['--json'], []]) {
    const asked = await town.gt(['dolt', 'sql', '-q', 'SELECT CURRENT_USER() AS me', ...args]);
    expect(asked.stdout, asked.stderr).toContain('ann@%');
  }
  const cwd = town.own('project');
  mkdirSync(cwd);
  const made = await town.bd(['init', '--rig', 'beads', '--prefix', 'far'], { cwd });
  expect(made.exitCode, made.stderr).toBe(0);
  expect((await town.bd(['create', 'A task'], { cwd })).exitCode).toBe(0);
  expect(JSON.parse((await town.bd(['list', '--json'], { cwd })).stdout)).toHaveLength(1);

  for (const args of [
    ['start'],
    ['start', 'beads'],
    ['stop', 'beads'],
    ['restart', 'beads'],
    ['logs', 'beads'],
    ['cert'],
    ['user', 'list'],
    ['user', 'remove', 'eve'],
    ['standby', 'status'],
    ['standby', 'add', 'db2'],
  ]) {
    const refused = await town.gt(['dolt', ...args, '--json']);
    expect(refused.exitCode, args.join(' ')).toBe(4);
    expect(json<ErrorDocument>(refused), args.join(' ')).toMatchObject({
      code: 'MANAGED_ELSEWHERE',
      error: expect.stringContaining(`localhost:${far.port('beads')}`),
    });
  }
  expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
  expect(await far.rig()).toMatchObject({ pid, state: 'running' });
  // Nothing was made for it here.
  expect(readdirSync(town.dataDir).filter((name) => name !== '.gt')).toEqual(['gt.yaml']);

  await far.gt(['dolt', 'stop']);
  const gone = await town.gt(['dolt', 'status', '--json']);
  expect(gone.exitCode).toBe(3);
  expect(json<TownStatus>(gone).rigs[0]).toMatchObject({ state: 'stopped', reachable: false, managed: false });
  const unasked = await town.gt(['dolt', 'sql', '-q', 'SELECT 1', '--json']);
  expect(json<ErrorDocument>(unasked)).toMatchObject({ code: 'SERVER_UNREACHABLE', exit_code: 3 });
  expect((await town.bd(['list', '--json'], { cwd })).exitCode).toBe(1);
});

test('a connection to it that is lost under a statement has to be looked into there', async () => {
  const far = await makeTown();
  const [pid = Number.NaN] = await far.start('--federation', '--remotesapi-port', String(await testPort()));
  await far.gt(['dolt', 'user', 'add', 'ann', '--password-stdin'], { input: PASSWORD });
  const town = await makeTown({ rigs: [], env: { BEADS_DOLT_PASSWORD: PASSWORD } });
  mkdirSync(town.dataDir, { mode: 0o700 });
  const endpoint = `host: localhost, port: ${far.port('beads')}, user: ann, ca: ${far.path('.gt/tls/ca.pem')}`;
  writeFileSync(town.path('gt.yaml'), `rigs:\n  beads: { endpoint: { ${endpoint} } }\n`);
  const statement = ['sql', '-q', 'SELECT SLEEP(60)'];
  const running = [runCommand(town, statement), runCommand(town, [...statement, '--json'])];
  await eventually('both statements', async () => {
    const list = await far.gt(['dolt', 'sql', '-q', 'SHOW PROCESSLIST', '--json']);
    const { rows } = json<{ rows: { Info: unknown }[] }>(list);
    return rows.filter(({ Info }) => String(Info).includes('SLEEP(60)')).length === 2;
  });
  process.kill(pid, 'SIGKILL');
  const [text, document] = await Promise.all(running.map((command) => command.end()));
  expect([text?.exitCode, text?.stderr]).toEqual([
    3,
    expect.stringMatching(/was lost[\s\S]*Hint: .*see to it on localhost/),
  ]);
  expect(text?.stderr).not.toContain('gt dolt start');
  expect(JSON.parse(document?.stdout ?? '')).toMatchObject({
    code: 'SERVER_UNREACHABLE',
    hint: expect.stringContaining('see to it on localhost'),
  });
});

test('a rig that moved away is managed there, also while its old database is here', async () => {
  const town = await makeTown();
  const [pid] = await town.start();
  writeFileSync(
    town.path('gt.yaml'),
    'rigs:\n  beads: { endpoint: { host: nowhere.invalid, user: ann, tls: true } }\n',
  );
  // Its server here still runs, and can be stopped.
  expect((await town.gt(['dolt', 'stop', 'beads'])).exitCode).toBe(0);
  expect(processesOf(town.home).some((one) => one.pid === pid)).toBe(false);
  for (const args of [['start', 'beads'], ['stop', 'beads'], ['logs', 'beads'], ['user', 'list'], ['cert']]) {
    const refused = await town.gt(['dolt', ...args, '--json']);
    expect([args, refused.exitCode, json<ErrorDocument>(refused).code]).toEqual([args, 4, 'MANAGED_ELSEWHERE']);
  }
});

test('GT_DOLT_HOST of another machine makes the HQ rig one that is managed there', async () => {
  const town = await makeTown({ env: { GT_DOLT_HOST: 'nowhere.invalid' } });
  const refused = await town.gt(['dolt', 'start', '--json']);
  expect(json<ErrorDocument>(refused)).toMatchObject({ code: 'MANAGED_ELSEWHERE', exit_code: 4 });
  const status = await town.gt(['dolt', 'status', '--json']);
  expect(status.exitCode).toBe(3);
  expect(json<TownStatus>(status).rigs[0]).toMatchObject({ host: 'nowhere.invalid', port: 3307, reachable: false });
});
