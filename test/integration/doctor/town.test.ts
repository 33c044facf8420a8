import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { TownReport } from '../../../src/supervisor/doctor/examine-town.ts';
import { eventually } from '../../helpers/eventually.ts';
import { freeze } from '../../helpers/freeze.ts';
import { canMount, mounted } from '../../helpers/mounted.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

async function doctor(town: TestTown, flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const result = await town.gt(['dolt', 'doctor', '--json', ...flags], { env });
  return { ...json<TownReport>(result), exit: result.exitCode };
}

async function finding(town: TestTown, name: string, flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const { checks } = await doctor(town, flags, env);
  const found = checks.find((check) => check.name === name);
  if (!found) throw new Error(`no check ${name} among ${checks.map((check) => check.name).join(', ')}`);
  return found;
}

/** Nothing but what `ill` names is found. */
async function expectWellBut(town: TestTown, ...ill: string[]) {
  const { checks } = await doctor(town, ['--deep']);
  expect(checks.filter(({ status }) => status !== 'ok').map(({ name }) => name)).toEqual(ill);
}

async function hold(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
}

test('a town that is well, running and stopped; the report as text and as JSON', async () => {
  const town = await makeTown({ rigs: ['beads', 'gastown'] });
  await expectWellBut(town);
  const pids = await town.start();
  await expectWellBut(town);
  const { exit, overall_ok, mended, data_dir } = await doctor(town, ['--fix']);
  expect({ exit, overall_ok, mended, data_dir }).toEqual({
    exit: 0,
    overall_ok: true,
    mended: [],
    data_dir: town.dataDir,
  });
  expect((await town.status()).rigs.map(({ pid }) => pid)).toEqual(pids);
  expect((await town.gt(['dolt', 'doctor'])).stdout).toContain('✓ Servers: 2 of 2 rigs running');
});

test('no town yet: a warning, and nothing is made', async () => {
  const town = await makeTown({ rigs: [] });
  expect(await doctor(town)).toMatchObject({ exit: 0, checks: [{ name: 'Configuration', status: 'warning' }] });
  expect(existsSync(town.dataDir)).toBe(false);
});

test('gt.yaml with an error: where it is', async () => {
  const town = await makeTown({ yaml: 'oops: 1\n' });
  const { exit, checks } = await doctor(town);
  expect(exit).toBe(1);
  expect(checks).toMatchObject([
    { name: 'Configuration', status: 'error', message: expect.stringContaining('gt.yaml:3') },
  ]);
});

test('files that others can read are closed with --fix', async () => {
  const town = await makeTown();
  await town.start();
  chmodSync(town.dataDir, 0o755);
  chmodSync(town.path('.gt/state/beads.json'), 0o644);
  expect(await finding(town, 'Permissions')).toMatchObject({
    status: 'warning',
    detail: [town.dataDir, town.path('.gt/state/beads.json')].join('\n'),
  });
  const config = readFileSync(town.path('gt.yaml'), 'utf8');
  const [pid] = (await town.status()).rigs.map((rig) => rig.pid);
  const dry = await doctor(town, ['--fix', '--dry-run']);
  expect(dry).toMatchObject({ mended: [], would_mend: ['Permissions'] });
  expect(statSync(town.dataDir).mode & 0o777).toBe(0o755);
  expect((await doctor(town, ['--fix'])).mended).toMatchObject([{ name: 'Permissions', done: true }]);
  expect(readFileSync(town.path('gt.yaml'), 'utf8')).toBe(config);
  expect((await town.rig()).pid).toBe(pid);
  expect([town.dataDir, town.path('.gt/state/beads.json')].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o600,
  ]);
  await expectWellBut(town);
});

test('no Dolt, and a Dolt that the servers do not run yet', async () => {
  const town = await makeTown();
  await town.start();
  const env = { GT_DOLT_BIN: town.own('nothing') };
  expect(await finding(town, 'Dolt', [], env)).toMatchObject({ status: 'error', fix: expect.any(String) });
  writeFileSync(town.own('dolt'), '#!/bin/sh\necho dolt version 1.99.0\n', { mode: 0o755 });
  expect(await finding(town, 'Dolt', [], { GT_DOLT_BIN: town.own('dolt') })).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('beads: 1.86'),
    fix: 'gt dolt restart beads',
  });
});

test('a dead supervisor, and a server that died without one', async () => {
  const town = await makeTown();
  const [pid = Number.NaN] = await town.start();
  process.kill(town.supervisorPid(), 'SIGKILL');
  const supervisor = await eventually('the supervisor is missed', async () => {
    const found = await finding(town, 'Supervisor');
    return found.status === 'error' ? found : undefined;
  });
  expect(supervisor).toMatchObject({
    detail: `beads: pid ${pid}`,
    fix: expect.stringContaining('gt dolt start beads'),
  });
  process.kill(pid, 'SIGKILL');
  const restarts = await eventually('the server is missed', async () => {
    const found = await finding(town, 'Restarts');
    return found.status === 'warning' ? found : undefined;
  });
  expect(restarts).toMatchObject({ detail: 'beads', fix: 'gt dolt start beads' });
  await doctor(town, ['--fix']);
  expect((await town.rig()).state).toBe('stopped');
  await town.start();
  await expectWellBut(town);
});

test('a supervisor that lives and does not answer is an error with its pid', async () => {
  const town = await makeTown();
  await town.start();
  const pid = town.supervisorPid();
  await freeze(pid);
  try {
    const { exit, checks } = await doctor(town);
    expect([exit, checks.filter(({ status }) => status !== 'ok')]).toEqual([
      1,
      [
        expect.objectContaining({
          name: 'Supervisor',
          status: 'error',
          message: expect.stringContaining(`pid ${pid}, does not answer`),
          fix: expect.stringContaining(`ps -fp ${pid}`),
        }),
      ],
    ]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await expectWellBut(town);
});

test('a server that failed is an error with its reason', async () => {
  const town = await makeTown();
  await town.start();
  await town.stop();
  const failed = { ...town.state(), state: 'failed', lastError: 'it ended ten times' };
  writeFileSync(town.path('.gt/state/beads.json'), JSON.stringify(failed));
  expect(await finding(town, 'Servers')).toMatchObject({
    status: 'error',
    detail: 'beads: failed, it ended ten times',
  });
});

test.skipIf(!canMount)('little space on the disk', async () => {
  const town = await makeTown({ rigs: [] });
  mkdirSync(town.dataDir);
  const script = `mount -t tmpfs -o size=64m tmpfs "$DATA"; printf 'rigs: {}\\n' > "$DATA/gt.yaml"; gt dolt doctor --json`;
  const { checks } = json<TownReport>(await mounted(town, script));
  expect(checks.find(({ name }) => name === 'Disk')).toMatchObject({
    status: 'error',
    message: expect.stringMatching(/^6\d\.\d MB free/),
  });
});

test('a log beyond its limit', async () => {
  const town = await makeTown({ yaml: 'logs: { max_size: 1MB }\n' });
  await town.start();
  await town.stop();
  truncateSync(town.path('.gt/logs/beads.log'), 3 * 1024 * 1024);
  expect(await finding(town, 'Logs')).toMatchObject({
    status: 'warning',
    detail: `${town.path('.gt/logs/beads.log')}: 3.0 MB`,
  });
  expect(statSync(town.path('.gt/logs/beads.log')).size).toBe(3 * 1024 * 1024);
});

test('a port that another program holds is named with the program', async () => {
  const town = await makeTown();
  await hold(town.port('beads'));
  expect(await finding(town, 'Foreign Servers')).toMatchObject({
    status: 'error',
    detail: expect.stringContaining(`pid ${process.pid}`),
    fix: expect.stringContaining('--port N'),
  });
});

test('a remotesapi port that another program holds is told', async () => {
  const town = await makeTown();
  const port = await testPort();
  writeFileSync(town.path('gt.yaml'), `rigs:\n  beads: { port: ${town.port('beads')}, remotesapi_port: ${port} }\n`, {
    mode: 0o600,
  });
  await expectWellBut(town);
  await hold(port);
  expect(await finding(town, 'Ports', ['--fix'])).toMatchObject({
    status: 'error',
    detail: `beads: remotesapi port ${port}`,
    fix: expect.stringContaining('--remotesapi-port'),
  });
});

test('a data dir that cannot be written to', async () => {
  const town = await makeTown();
  chmodSync(town.dataDir, 0o500);
  const result = await town.gt(['dolt', 'doctor', '--json'], { obeyPermissions: true });
  chmodSync(town.dataDir, 0o700);
  expect(result.exitCode).toBe(1);
  expect(json<TownReport>(result).checks.find(({ name }) => name === 'Data Dir')).toMatchObject({
    status: 'error',
    message: expect.stringContaining(town.dataDir),
    fix: expect.any(String),
  });
});

test('a server started by hand is told, and goes on', async () => {
  const town = await makeTown();
  const pid = await town.startByHand('beads', town.port('beads'));
  expect(await finding(town, 'Foreign Servers', ['--fix'])).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining(`pid ${pid}`),
  });
  expect(await town.rig()).toMatchObject({ state: 'running', pid, managed: false });
});

test('databases without an entry, and an entry whose database is gone', async () => {
  const town = await makeTown();
  await town.start();
  await town.stop();
  cpSync(town.path('beads'), town.path('extra'), { recursive: true });
  expect(await finding(town, 'Databases')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('extra:'),
  });
  renameSync(town.path('beads'), town.own('away'));
  expect(await finding(town, 'Databases', ['--fix'])).toMatchObject({
    status: 'error',
    detail: expect.stringContaining('beads:'),
  });
  expect(readdirSync(town.dataDir)).toContain('extra');
});

test('a Dolt at work in the data dir is told with its pid', async () => {
  const town = await makeTown();
  const child = spawn(process.env['GT_DOLT_BIN'] ?? 'dolt', ['sql', '-r', 'json'], {
    cwd: town.path('beads'),
    env: { ...town.env, DOLT_ROOT_PATH: town.own('root') },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.stdin.end();
    await exited;
  });
  child.stdin.write('SELECT 1;\n');
  await once(child.stdout, 'data');
  expect(await finding(town, 'Stray Processes', ['--fix'])).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining(`pid ${child.pid} on beads`),
  });
  expect(child.exitCode).toBeNull();
});

test('state files of rigs that are not there are removed with --fix, and no others', async () => {
  const town = await makeTown({ rigs: ['beads', 'gastown'] });
  await town.start();
  const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
  writeFileSync(town.path('gt.yaml'), yaml.replace(/^ {2}gastown:.*\n/m, ''));
  // It still runs, so it is no leftover.
  expect(await finding(town, 'Stale State')).toMatchObject({ status: 'ok' });
  await town.gt(['dolt', 'stop', 'gastown']);
  rmSync(town.path('gastown'), { recursive: true });
  expect(await finding(town, 'Stale State')).toMatchObject({
    status: 'warning',
    detail: town.path('.gt/state/gastown.json'),
  });
  await doctor(town, ['--fix']);
  expect(readdirSync(town.path('.gt/state'))).toEqual(['beads.json']);
  await expectWellBut(town);
});

test('damage in the files of a stopped rig is an error of --deep', async () => {
  const town = await makeTown();
  await town.start();
  const client = await town.connect();
  await client.query('CREATE TABLE t (a VARCHAR(400) PRIMARY KEY)');
  await client.query(
    `INSERT INTO t VALUES ${Array.from({ length: 200 }, (_, i) => `('${'x'.repeat(300)}${i}')`).join(', ')}`,
  );
  client.destroy();
  await town.stop();
  const journal = join(town.path('beads'), '.dolt/noms/vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv');
  const bytes = readFileSync(journal);
  bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 40);
  writeFileSync(journal, bytes);
  expect(await finding(town, 'Storage', ['--deep'])).toMatchObject({
    status: 'error',
    detail: expect.stringContaining('beads'),
  });
});

test('a certificate that expires soon, one that has expired, and one that is none', async () => {
  const town = await makeTown();
  expect(await finding(town, 'Certificates')).toMatchObject({
    status: 'ok',
    message: '0 certificates, good for 30 days and more',
  });
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: town.own('.'), stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-subj', '/CN=localhost'];
  const cert = (...days: string[]) => openssl('req', '-x509', ...key, '-out', 'cert.pem', ...days);
  const [certFile, keyFile] = [town.own('cert.pem'), town.own('key.pem')];
  writeFileSync(
    town.path('gt.yaml'),
    `rigs:\n  beads:\n    port: ${town.port('beads')}\n    tls: { cert: ${certFile}, key: ${keyFile} }\n`,
  );
  cert('-days', '365');
  expect(await finding(town, 'Certificates')).toMatchObject({
    status: 'ok',
    message: expect.stringContaining('1 certificate,'),
  });
  chmodSync(keyFile, 0o644);
  expect(await finding(town, 'Certificates')).toMatchObject({
    status: 'warning',
    detail: keyFile,
    fix: `chmod 600 ${keyFile}`,
  });
  chmodSync(keyFile, 0o640);
  expect(await finding(town, 'Certificates')).toMatchObject({ status: 'ok' });
  cert('-days', '20');
  expect(await finding(town, 'Certificates')).toMatchObject({
    status: 'warning',
    detail: `beads: ${certFile} expires in 19 days`,
    fix: expect.stringContaining('gt dolt cert beads'),
  });
  // Its last day was yesterday.
  openssl('req', '-new', ...key, '-out', 'request.pem');
  openssl('x509', '-req', '-in', 'request.pem', '-signkey', 'key.pem', '-days', '-1', '-out', 'cert.pem');
  expect(await finding(town, 'Certificates')).toMatchObject({
    status: 'error',
    detail: `beads: ${certFile} has expired`,
  });
  writeFileSync(certFile, 'nonsense');
  expect(await finding(town, 'Certificates')).toMatchObject({
    status: 'error',
    detail: expect.stringContaining('cannot use'),
  });
});
