import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { execa } from 'execa';
import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { filesWith, listenersOf, processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

const SECRET = 'a-secret-of-the-test';
const WITH_SECRET = { env: { BEADS_DOLT_PASSWORD: SECRET } };
const dolt = process.env['GT_DOLT_BIN'] ?? 'dolt';

/** `dolt clone` as another machine would do it. */
async function clone(town: TestTown, host: string, port: number, user: string, password: string) {
  const env = { PATH: process.env['PATH'], HOME: town.own('.'), DOLT_REMOTE_PASSWORD: password };
  Object.assign(env, { SSL_CERT_FILE: town.path('.gt/tls/ca.pem') });
  const args = [
    'clone',
    '--user',
    user,
    `https://${host}:${port}/beads`,
    town.own(`clone-${user}-${password}-${host}`),
  ];
  return execa(dolt, args, { env, extendEnv: false, reject: false, cwd: town.own('.') });
}

/** An address of this machine that others reach it by; where it has none, a loopback address. */
function outerAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

function asRoot(town: TestTown, password = SECRET) {
  const ssl = { ca: readFileSync(town.path('.gt/tls/ca.pem'), 'utf8'), verifyIdentity: true };
  return createConnection({ host: 'localhost', port: town.port('beads'), user: 'root', password, ssl });
}

describe('a remotesapi port, which Dolt opens on every address', () => {
  test('is refused while anybody may log in without a password; what the error says puts it right', async () => {
    const town = await makeTown();
    await town.start();
    await (await town.connect()).query("CREATE USER guest@'%'");
    await town.gt(['dolt', 'stop']);
    expect((await town.gt(['dolt', 'cert'])).exitCode).toBe(0);
    const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
    const port = await testPort();
    const args = ['dolt', 'start', 'beads', '--remotesapi-port', String(port), '--json'];
    for (const options of [{}, WITH_SECRET]) {
      const refused = await town.gt(args, options);
      expect(refused.exitCode, refused.stdout).toBe(4);
      const error = json<ErrorDocument>(refused);
      expect(error.code).toBe('PASSWORD_MISSING');
      expect(error.error).toContain('guest@%');
      expect(error.error).toContain('root@localhost');
      expect(error.hint).toContain('gt dolt user passwd root@localhost --rig beads');
      expect(readFileSync(town.path('gt.yaml'), 'utf8')).toBe(yaml);
    }
    for (const user of ['root@localhost', 'guest']) {
      const changed = await town.gt(['dolt', 'user', 'passwd', user, '--password-stdin'], { input: SECRET });
      expect(changed.exitCode, changed.stderr).toBe(0);
    }
    const started = await town.gt(args, WITH_SECRET);
    expect(started.exitCode, started.stdout).toBe(0);
    expect(await town.rig()).toMatchObject({ state: 'running', remotesapi_port: port });
    // An account that came to lack its password is noticed by the next start.
    const root = await asRoot(town);
    await root.query("ALTER USER guest@'%' IDENTIFIED BY ''");
    await root.end();
    const again = await town.gt(['dolt', 'restart', '--json'], WITH_SECRET);
    expect(again.exitCode, again.stdout).toBe(4);
    expect(json<ErrorDocument>(again)).toMatchObject({ code: 'PASSWORD_MISSING' });
    expect(processesOf(town.home).filter(({ command }) => command.includes('sql-server'))).toEqual([]);
    expect(await town.rig()).toMatchObject({ state: 'failed', last_error: expect.stringContaining('guest@%') });
  });

  test('is refused for a rig that never ran and gets no password', async () => {
    const port = await testPort();
    const town = await makeTown({ rigs: [] });
    expect((await town.gt(['dolt', 'init-rig', 'beads', '--port', String(await testPort())])).exitCode).toBe(0);
    expect((await town.gt(['dolt', 'cert'])).exitCode).toBe(0);
    const refused = await town.gt(['dolt', 'start', '--remotesapi-port', String(port), '--json']);
    expect(refused.exitCode, refused.stdout).toBe(4);
    expect(json<ErrorDocument>(refused)).toMatchObject({
      code: 'PASSWORD_MISSING',
      hint: expect.stringContaining('gt dolt user passwd root --rig beads'),
    });
    expect(existsSync(town.path('beads/.doltcfg'))).toBe(false);
  });

  test('of a new rig: root gets the password of the environment, and nobody clones without one', async () => {
    const remotesapi = await testPort();
    const town = await makeTown({ env: WITH_SECRET.env });
    expect((await town.gt(['dolt', 'cert'])).exitCode).toBe(0);
    const [pid = Number.NaN] = await town.start('beads', '--remotesapi-port', String(remotesapi));
    expect(listenersOf(pid).sort()).toEqual([`127.0.0.1:${town.port('beads')}`, `[::]:${remotesapi}`].sort());
    await expect(asRoot(town, '')).rejects.toThrow('Access denied');
    expect(await town.rig()).toMatchObject({ reachable: true, identity: 'verified', last_error: null });
    for (const host of ['127.0.0.1', outerAddress()]) {
      const refused = await clone(town, host, remotesapi, 'root', '');
      expect(refused.exitCode, host).not.toBe(0);
      expect(refused.stderr).toContain('Access denied');
    }
    const sync = await asRoot(town);
    await sync.query("CREATE USER sync@'%' IDENTIFIED BY 'another'");
    await sync.query("GRANT CLONE_ADMIN ON *.* TO sync@'%'");
    await sync.end();
    const cloned = await clone(town, outerAddress(), remotesapi, 'sync', 'another');
    expect(cloned.exitCode, cloned.stderr).toBe(0);
    // The supervisor logs in again after a crash, and the password is nowhere to be read.
    process.kill(pid, 'SIGKILL');
    await town.until('another server', (rig) => rig.restarts === 1 && rig.state === 'running');
    expect(processesOf(town.home).filter(({ command }) => command.includes(SECRET))).toEqual([]);
    expect([...filesWith(town.path('.gt'), SECRET), readFileSync(town.path('gt.yaml'), 'utf8')]).toEqual([
      expect.not.stringContaining(SECRET),
    ]);
    // Without the password status still tells that the server runs.
    const { rigs } = json<{ rigs: object[] }>(
      await town.gt(['dolt', 'status', '--json'], { env: { BEADS_DOLT_PASSWORD: '' } }),
    );
    expect(rigs[0]).toMatchObject({ state: 'running', reachable: true });
  });
});
