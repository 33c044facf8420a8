import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { filesWith, listenersOf, processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json, type RunResult } from '../../helpers/workspace.ts';

const dolt = process.env['GT_DOLT_BIN'] ?? 'dolt';
const SECRETS = { ann: 'password-of-ann-1', sync: 'password-of-sync-2', guest: 'password-of-guest-3' };

/** A town whose HQ rig is open to other towns, on ports of the test's. */
async function openTown(yaml = ''): Promise<{ town: TestTown; pid: number; remotesapi: number; said: string }> {
  const town = await makeTown({ yaml });
  const remotesapi = await testPort();
  const started = await town.gt(['dolt', 'start', '--federation', '--remotesapi-port', String(remotesapi), '--json']);
  expect(started.exitCode, started.stdout).toBe(0);
  const [rig] = json<{ rigs: { pid: number }[] }>(started).rigs;
  return { town, pid: rig?.pid ?? 0, remotesapi, said: started.stderr };
}

function add(town: TestTown, user: string, password: string, ...flags: string[]): Promise<RunResult> {
  return town.gt(['dolt', 'user', 'add', user, '--password-stdin', ...flags], { input: `${password}\n` });
}

/** An ordinary client that verifies the server with an authority. */
function login(town: TestTown, user: string, password: string, ca = authority(town)) {
  const ssl = { ca, verifyIdentity: true };
  return createConnection({ host: 'localhost', port: town.port('beads'), user, password, ssl });
}

function authority(town: TestTown): string {
  return readFileSync(town.path('.gt/tls/ca.pem'), 'utf8');
}

async function clone(town: TestTown, url: string, user: string, password: string, ca?: string) {
  const env = { PATH: process.env['PATH'], HOME: town.own('.'), DOLT_REMOTE_PASSWORD: password, SSL_CERT_FILE: ca };
  const to = town.own(`clone-${readdirSync(town.own('.')).length}`);
  const ended = await execa(dolt, ['clone', '--user', user, url, to], { env, extendEnv: false, reject: false });
  return { ...ended, directory: to };
}

describe('gt dolt start --federation', () => {
  test('opens both ports with TLS, and gives root a password that only this user can read', async () => {
    const { town, pid, remotesapi, said } = await openTown();
    expect(said).toContain('made a certificate');
    expect(listenersOf(pid).sort()).toEqual([`127.0.0.1:${town.port('beads')}`, `[::]:${remotesapi}`].sort());
    expect(await town.rig()).toMatchObject({ identity: 'verified', remotesapi_port: remotesapi, last_error: null });
    const secret = readFileSync(town.path('.gt/secrets/beads'), 'utf8').trim();
    for (const password of ['', 'wrong']) await expect(login(town, 'root', password)).rejects.toThrow('Access denied');
    const root = await login(town, 'root', secret);
    await root.end();
    await expect(town.connect()).rejects.toThrow('insecure');
    // Others can neither enter the directories nor read the files.
    for (const directory of ['.', '.gt', '.gt/secrets', '.gt/tls']) {
      expect(statSync(town.path(directory)).mode & 0o777, directory).toBe(0o700);
    }
    for (const name of [...readdirSync(town.path('.gt/tls')).map((one) => `tls/${one}`), 'secrets/beads']) {
      expect(statSync(town.path('.gt', name)).mode & 0o777, name).toBe(0o600);
    }
    // Again, after a restart, after a crash, and with what gt itself does: nobody is asked for anything.
    expect((await town.gt(['dolt', 'start', '--federation'])).exitCode).toBe(0);
    expect((await town.gt(['dolt', 'restart'])).exitCode).toBe(0);
    process.kill((await town.rig()).pid ?? Number.NaN, 'SIGKILL');
    await town.until('another server', (rig) => rig.restarts === 1 && rig.state === 'running');
    for (const args of [
      ['-q', 'SELECT 42 AS n'],
      ['-q', 'SELECT 42 AS n', '--json'],
    ]) {
      const asked = await town.gt(['dolt', 'sql', ...args]);
      expect(asked.stdout, asked.stderr).toContain('42');
    }
    // The secret is in its file only; not in any argument, environment, log or configuration.
    expect(filesWith(town.home, secret)).toEqual(['.dolt-data/.gt/secrets/beads']);
    for (const { pid: one, command } of processesOf(town.home)) {
      expect(command).not.toContain(secret);
      expect(readFileSync(`/proc/${one}/environ`, 'utf8')).not.toContain(secret);
    }
  });

  test('of a rig that runs on other ports is refused', async () => {
    const town = await makeTown();
    await town.start();
    const refused = await town.gt(['dolt', 'start', '--federation', '--json']);
    expect(json<ErrorDocument>(refused)).toMatchObject({
      code: 'RIG_RUNNING',
      exit_code: 4,
      hint: expect.stringContaining('stop'),
    });
  });

  test('closes the root of a rig that ran without a password', async () => {
    const town = await makeTown();
    await town.start();
    await (await town.connect()).query('CREATE TABLE t (a INT PRIMARY KEY)');
    await town.gt(['dolt', 'stop']);
    const port = String(await testPort());
    const started = await town.gt(['dolt', 'start', 'beads', '--federation', '--remotesapi-port', port]);
    expect(started.exitCode, started.stderr).toBe(0);
    await expect(login(town, 'root', '')).rejects.toThrow('Access denied');
    const asked = await town.gt(['dolt', 'sql', '--json', '-q', 'SELECT COUNT(*) AS n FROM t']);
    expect(json<{ rows: object[] }>(asked).rows).toEqual([{ n: 0 }]);
  });
});

test('accounts: each may do what it was given, and their passwords are nowhere', async () => {
  // Dolt logs every statement at this level.
  const { town, remotesapi } = await openTown('logs: { level: trace }\n');
  expect((await add(town, 'ann', SECRETS.ann)).exitCode).toBe(0);
  expect((await add(town, 'sync-bot', SECRETS.sync, '--sync', '--read-only')).exitCode).toBe(0);
  expect((await add(town, 'guest@localhost', SECRETS.guest, '--read-only')).exitCode).toBe(0);
  const again = await add(town, 'ann', 'x', '--json');
  expect(json<ErrorDocument>(again)).toMatchObject({ code: 'ALREADY_EXISTS' });
  const users = json<{ users: { user: string; host: string; sync: boolean; password: boolean }[] }>(
    await town.gt(['dolt', 'user', 'list', '--json']),
  ).users.map(({ user, host, sync, password }) => [`${user}@${host}`, sync, password]);
  expect(users).toEqual([
    ['ann@%', false, true],
    ['guest@localhost', false, true],
    ['root@localhost', true, true],
    ['sync-bot@%', true, true],
  ]);
  const ann = await login(town, 'ann', SECRETS.ann);
  await ann.query('USE beads');
  await ann.query('CREATE TABLE t (a INT PRIMARY KEY)');
  await ann.query("CALL DOLT_COMMIT('-Am', 'a table')");
  await expect(ann.query("CREATE USER eve@'%'")).rejects.toThrow('denied');
  await ann.end();
  const guest = await login(town, 'guest', SECRETS.guest);
  await guest.query('SELECT * FROM beads.t');
  await expect(guest.query('INSERT INTO beads.t VALUES (1)')).rejects.toThrow('denied');
  await guest.end();
  const sync = await login(town, 'sync-bot', SECRETS.sync);
  await expect(sync.query('SELECT * FROM beads.t')).rejects.toThrow(/denied|privilege/i);
  await sync.end();

  const url = `https://127.0.0.1:${remotesapi}/beads`;
  const ca = town.path('.gt/tls/ca.pem');
  const cloned = await clone(town, url, 'sync-bot', SECRETS.sync, ca);
  expect(cloned.exitCode, cloned.stderr).toBe(0);
  const attempts = [
    [await clone(town, url, 'ann', SECRETS.ann, ca), 'CLONE_ADMIN'],
    [await clone(town, url, 'sync-bot', 'wrong', ca), 'Access denied'],
    [await clone(town, url, 'root', '', ca), 'Access denied'],
    // Not the authority that signed it, and not encrypted at all.
    [await clone(town, url, 'sync-bot', SECRETS.sync, undefined), 'certificate'],
    [await clone(town, url.replace('https', 'http'), 'sync-bot', SECRETS.sync, ca), 'EOF'],
  ] as const;
  for (const [attempt, why] of attempts) {
    expect(attempt.exitCode).not.toBe(0);
    expect(attempt.stderr).toContain(why);
  }

  const push = async () => {
    const env = {
      PATH: process.env['PATH'],
      HOME: town.own('.'),
      SSL_CERT_FILE: ca,
      DOLT_REMOTE_PASSWORD: SECRETS.sync,
    };
    const args = ['push', '--user', 'sync-bot', 'origin', 'main:theirs'];
    return execa(dolt, args, { env, extendEnv: false, reject: false, cwd: cloned.directory });
  };
  expect((await push()).stderr).toContain('SuperUser');
  expect((await town.gt(['dolt', 'user', 'grant', 'sync-bot', '--sync'])).exitCode).toBe(0);
  const pushed = await push();
  expect(pushed.exitCode, pushed.stderr).toBe(0);
  const changed = await town.gt(['dolt', 'user', 'passwd', 'ann'], { env: { GT_DOLT_USER_PASSWORD: 'another-4' } });
  expect(changed.exitCode, changed.stderr).toBe(0);
  await expect(login(town, 'ann', SECRETS.ann)).rejects.toThrow('Access denied');
  await (await login(town, 'ann', 'another-4')).end();
  expect((await town.gt(['dolt', 'user', 'remove', 'ann'])).exitCode).toBe(0);
  await expect(login(town, 'ann', 'another-4')).rejects.toThrow('Access denied');
  const root = await town.gt(['dolt', 'user', 'remove', 'root', '--json']);
  expect(json<ErrorDocument>(root)).toMatchObject({ code: 'VALIDATION' });
  expect((await town.gt(['dolt', 'user', 'passwd', 'root', '--password-stdin'], { input: 'root-5' })).exitCode).toBe(0);
  expect(await town.rig()).toMatchObject({ reachable: true, identity: 'verified' });
  for (const secret of [...Object.values(SECRETS), 'another-4']) expect(filesWith(town.home, secret)).toEqual([]);
  expect(filesWith(town.home, 'root-5')).toEqual(['.dolt-data/.gt/secrets/beads']);
});

test('passwords are never arguments, never empty, and names cannot be SQL', async () => {
  const { town } = await openTown();
  const none = await town.gt(['dolt', 'user', 'add', 'ann', '--json']);
  expect(json<ErrorDocument>(none)).toMatchObject({ code: 'VALIDATION', hint: expect.stringContaining('stdin') });
  expect(json<ErrorDocument>(await add(town, 'ann', '', '--json'))).toMatchObject({ code: 'VALIDATION' });
  expect((await town.gt(['dolt', 'user', 'add', 'ann', '--password', 'x'])).exitCode).toBe(2);
  for (const name of ["ann'@'%'; DROP USER root@localhost; --", 'ann`', '', '@', "x@'"]) {
    const refused = await add(town, name, 'x', '--json');
    expect(json<ErrorDocument>(refused), name).toMatchObject({ code: 'USAGE', exit_code: 2 });
  }
  expect((await town.gt(['dolt', 'user', 'list'])).stdout).toContain('root@localhost');
});

describe('bd', () => {
  test('of this user just works; another one needs the authority and a password', async () => {
    const { town } = await openTown();
    const cwd = town.own('project');
    mkdirSync(cwd);
    const made = await town.bd(['init', '--rig', 'beads', '--prefix', 'tt'], { cwd });
    expect(made.exitCode, made.stderr).toBe(0);
    expect((await town.bd(['create', 'A task'], { cwd })).exitCode).toBe(0);
    expect((await add(town, 'ann', SECRETS.ann)).exitCode).toBe(0);
    // Another user: no town of its own, the same workspace.
    const user = { BEADS_DOLT_SERVER_USER: 'ann', GT_DOLT_DATA_DIR: town.own('nothing') };
    const trusting = { ...user, BEADS_DOLT_SERVER_TLS_CA: town.path('.gt/tls/ca.pem') };
    const as = (env: NodeJS.ProcessEnv) => town.bd(['list', '--json'], { cwd, env });
    const served = await as({ ...trusting, BEADS_DOLT_PASSWORD: SECRETS.ann });
    expect(served.exitCode, served.stdout).toBe(0);
    expect(JSON.parse(served.stdout)).toHaveLength(1);
    for (const [env, code] of [
      [{ ...trusting, BEADS_DOLT_PASSWORD: 'wrong-6' }, 'ACCESS_DENIED'],
      [trusting, 'ACCESS_DENIED'],
      [{ ...user, BEADS_DOLT_PASSWORD: SECRETS.ann }, 'SERVER_UNREACHABLE'],
      [{ ...trusting, BEADS_DOLT_SERVER_TLS_CA: town.own('none.pem') }, 'CONFIG_INVALID'],
    ] as const) {
      const refused = await as(env);
      expect(json<ErrorDocument>(refused), JSON.stringify(env)).toMatchObject({ code });
      expect(refused.stdout + refused.stderr).not.toContain(SECRETS.ann);
      expect(refused.stdout + refused.stderr).not.toContain('wrong-6');
    }
  });
});
