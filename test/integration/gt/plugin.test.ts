import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { makeTown } from '../../helpers/town.ts';
import { json, type RunResult } from '../../helpers/workspace.ts';

const root = join(import.meta.dirname, '../../..');

test('a host program that names this package as its oclif plugin has the commands', async () => {
  const town = await makeTown();
  const host = town.own('host');
  cpSync(join(root, 'test/fixtures/host'), host, { recursive: true });
  mkdirSync(join(host, 'node_modules/@oclif'), { recursive: true });
  symlinkSync(root, join(host, 'node_modules/gastown-dolt'));
  symlinkSync(join(root, 'node_modules/@oclif/core'), join(host, 'node_modules/@oclif/core'));
  const run = async (...args: string[]) =>
    (await execa(process.execPath, [join(host, 'run.mjs'), ...args], {
      ...{ cwd: town.home, env: town.env, extendEnv: false, reject: false, stdin: 'ignore' },
    })) as RunResult;

  const start = await run('dolt', 'start');
  expect(start.exitCode, start.stderr).toBe(0);
  expect(start.stdout).toMatch(/beads\s+127\.0\.0\.1:\d+\s+pid \d+\s+ready in/);
  const status = await run('dolt', 'status', '--json');
  expect(status.exitCode, status.stderr).toBe(0);
  expect(json(status)).toMatchObject({ rigs: [{ rig: 'beads', state: 'running', identity: 'verified' }] });
  const refused = await run('dolt', 'status', 'nobody', '--json');
  expect(refused.exitCode, refused.stdout).toBe(1);
  expect(json(refused)).toMatchObject({ code: 'RIG_UNKNOWN', exit_code: 1 });
  const help = await run('dolt', '--help');
  for (const command of ['start', 'stop', 'restart', 'status', 'logs', 'sql', 'list', 'init-rig', 'install']) {
    expect(help.stdout).toContain(`dolt ${command}`);
  }
  // The same supervisor serves both programs.
  expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
  expect((await run('dolt', 'status')).exitCode).toBe(3);
});
