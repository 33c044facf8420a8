import { once } from 'node:events';
import { cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { createConnection } from 'mysql2/promise';
import { expect, onTestFinished, test } from 'vitest';
import { SupervisorClient } from '../../../src/supervisor/client.ts';
import { townPaths } from '../../../src/town/data-dir.ts';
import { startBareServer } from '../../helpers/bare-server.ts';
import { eventually } from '../../helpers/eventually.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

const gtProgram = join(import.meta.dirname, '../../../dist/bin/gt.cjs');

test('the copy of a running town neither claims nor stops the servers of the original', async () => {
  const town = await makeTown();
  const [pid] = await town.start();
  const copy = town.own('copy');
  const skip = /\/\.gt\/(locks|sockets|.*\.sock)/;
  cpSync(town.dataDir, copy, { recursive: true, filter: (source) => !skip.test(source) });
  const status = json<{ rigs: object[] }>(await town.gt(['dolt', 'status', '--json', '--data-dir', copy]));
  expect(status.rigs).toMatchObject([{ state: 'foreign', managed: false, pid: null }]);
  await town.gt(['dolt', 'stop', '--force', '--data-dir', copy]);
  expect(await town.rig()).toMatchObject({ state: 'running', pid });
  rmSync(copy, { recursive: true });
});

test('a server for the whole data dir that somebody ran by hand keeps no rig from starting', async () => {
  const town = await makeTown();
  await town.start();
  await town.connect().then((connection) => connection.query("CREATE USER kept@localhost IDENTIFIED BY 'x'"));
  await town.stop();
  const byHand = await startBareServer({ dataDir: town.dataDir });
  onTestFinished(() => rmSync(dirname(byHand.socket), { recursive: true }));
  const connection = await createConnection({ host: '127.0.0.1', port: byHand.port, user: 'root' });
  await connection.query("CREATE USER above@localhost IDENTIFIED BY 'x'");
  await connection.end();
  await byHand.stop();
  expect(existsSync(town.path('.doltcfg'))).toBe(true);
  expect(existsSync(town.path('beads/.doltcfg'))).toBe(true);
  await town.start();
  const [users] = await (await town.connect()).query("SELECT user FROM mysql.user WHERE host = 'localhost'");
  expect(users).toEqual(expect.arrayContaining([{ user: 'kept' }]));
  expect(users).not.toEqual(expect.arrayContaining([{ user: 'above' }]));
});

test('a rig that was taken out of gt.yaml while it ran is shown, and stopped with the others', async () => {
  const town = await makeTown({ rigs: ['beads', 'gastown'] });
  await town.start();
  const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
  writeFileSync(town.path('gt.yaml'), yaml.replace(/^ {2}gastown:.*\n/m, ''));
  expect((await town.status()).rigs.map(({ rig, state }) => `${rig} ${state}`)).toEqual([
    'beads running',
    'gastown running',
  ]);
  expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
  expect((await town.status()).rigs.map(({ rig, state }) => `${rig} ${state}`)).toEqual(['beads stopped']);
});

test('a rig that was taken out of gt.yaml after it had failed is nobody’s concern any more', async () => {
  const town = await makeTown({ rigs: ['beads', 'gastown'] });
  await town.start('beads');
  const failed = { ...town.state(), rig: 'gastown', state: 'failed', server: null };
  writeFileSync(town.path('.gt/state/gastown.json'), JSON.stringify(failed));
  expect((await town.gt(['dolt', 'status'])).exitCode).toBe(3);
  const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
  writeFileSync(town.path('gt.yaml'), yaml.replace(/^ {2}gastown:.*\n/m, ''));
  const status = await town.gt(['dolt', 'status', '--json']);
  expect(status.exitCode, status.stdout).toBe(0);
  expect(json<{ rigs: object[] }>(status).rigs).toMatchObject([{ rig: 'beads' }]);
});

test('a rig whose start was cut short does not come back after a stop', async () => {
  const town = await makeTown({ rigs: ['beads', 'gastown'] });
  await town.start('beads');
  const state = town.state();
  await town.stop();
  writeFileSync(town.path('.gt/state/beads.json'), JSON.stringify({ ...state, state: 'starting' }));
  expect((await town.gt(['dolt', 'stop', 'beads'])).exitCode).toBe(0);
  await town.start('gastown');
  expect(await town.rig('beads')).toMatchObject({ state: 'stopped', pid: null });
});

test('what gt could not read again it does not write to gt.yaml', async () => {
  const town = await makeTown();
  expect((await town.gt(['dolt', 'cert'])).exitCode).toBe(0);
  const before = `${readFileSync(town.path('gt.yaml'), 'utf8')}  alpha: { tls: { cert: a.pem, key: b.pem } }\n`;
  writeFileSync(town.path('gt.yaml'), before);
  const port = String(await testPort());
  const both = ['--port', port, '--remotesapi-port', port];
  const env = { BEADS_DOLT_PASSWORD: 'one' };
  expect((await town.gt(['dolt', 'init-rig', 'alpha', ...both], { env })).exitCode).toBe(1);
  expect((await town.gt(['dolt', 'start', 'beads', ...both], { env })).exitCode).toBe(1);
  expect(readFileSync(town.path('gt.yaml'), 'utf8')).toBe(before);
});

test('gt.yaml may be a link, and stays one', async () => {
  const town = await makeTown();
  const kept = town.own('gt.yaml');
  renameSync(town.path('gt.yaml'), kept);
  symlinkSync(kept, town.path('gt.yaml'));
  await town.gt(['dolt', 'init-rig', 'alpha', '--port', String(await testPort())]);
  expect(lstatSync(town.path('gt.yaml')).isSymbolicLink()).toBe(true);
  expect(readFileSync(kept, 'utf8')).toContain('alpha:');
});

test('another port for a rig that runs is refused, and not written', async () => {
  const town = await makeTown();
  await town.start();
  const result = await town.gt(['dolt', 'start', 'beads', '--port', String(await testPort()), '--json']);
  expect(json(result)).toMatchObject({
    ...{ code: 'RIG_RUNNING', exit_code: 4, hint: expect.stringContaining('gt dolt stop beads') },
  });
  expect(await town.rig()).toMatchObject({ port: town.port('beads'), state: 'running' });
  expect(readFileSync(town.path('gt.yaml'), 'utf8')).toContain(String(town.port('beads')));
});

test('GT_DOLT_HOST is the HQ rig’s host, and closed to others without TLS', async () => {
  const town = await makeTown();
  const before = readFileSync(town.path('gt.yaml'), 'utf8');
  const refused = await town.gt(['dolt', 'start', '--json'], { env: { GT_DOLT_HOST: '0.0.0.0' } });
  expect(refused.exitCode).toBe(4);
  expect(json(refused)).toMatchObject({ code: 'TLS_MISSING', hint: expect.stringContaining('gt dolt cert beads') });
  expect(readFileSync(town.path('gt.yaml'), 'utf8')).toBe(before);
  const started = await town.gt(['dolt', 'start'], { env: { GT_DOLT_HOST: 'localhost' } });
  expect(started.exitCode).toBe(0);
  expect(started.stderr).toContain('GT_DOLT_HOST: rig "beads" has host localhost in gt.yaml from now on');
  expect(await town.rig()).toMatchObject({ host: 'localhost', identity: 'verified' });
});

test('a refused address leaves gt.yaml as it was', async () => {
  const town = await makeTown({ rigs: ['beads', 'third'] });
  const remotesapi = String(await testPort());
  const open = readFileSync(town.path('gt.yaml'), 'utf8').replace(
    /(third: .*) \}/,
    `$1, remotesapi_port: ${remotesapi} }`,
  );
  writeFileSync(town.path('gt.yaml'), open);
  const refusal = async (code: string, ...args: string[]) => {
    const result = await town.gt(['dolt', ...args, '--json']);
    expect(result.exitCode).toBe(4);
    expect(json(result)).toMatchObject({ code });
    expect(readFileSync(town.path('gt.yaml'), 'utf8')).toBe(open);
  };
  await refusal('TLS_MISSING', 'start', 'third', '--port', String(await testPort()));
  const held = createServer().listen(await testPort(), '127.0.0.1');
  onTestFinished(() => void held.close());
  await once(held, 'listening');
  const { port } = held.address() as AddressInfo;
  await refusal('PORT_IN_USE', 'start', 'beads', '--port', String(port));
  await refusal('TLS_MISSING', 'init-rig', 'fourth', '--remotesapi-port', String(await testPort()));
  expect(existsSync(town.path('fourth'))).toBe(false);
});

test('gt dolt sql tells a refused user as one', async () => {
  const town = await makeTown();
  await town.start();
  const result = await town.gt(['dolt', 'sql', '--json', '-q', 'SELECT 1'], {
    env: { BEADS_DOLT_SERVER_USER: 'nobody' },
  });
  expect(json(result)).toMatchObject({ code: 'ACCESS_DENIED', exit_code: 1 });
});

test.each([
  ['status --watch', ['status', '--watch']],
  ['logs -f', ['logs', '-f']],
])('%s ends when nobody reads any more', async (_name, args) => {
  const town = await makeTown();
  await town.start();
  const running = execa(process.execPath, [gtProgram, 'dolt', ...args], {
    env: town.env,
    extendEnv: false,
    reject: false,
    buffer: false,
  });
  await new Promise((resolve) => running.stdout.once('data', resolve));
  running.stdout.destroy();
  let over = false;
  // A log that gets lines, so that it writes again.
  const chatter = (async () => {
    for (; !over; await delay(50)) (await town.connect()).destroy();
  })();
  try {
    expect((await running).signal).toBeUndefined();
  } finally {
    over = true;
    await chatter;
  }
});

test.each([
  ['a newer gt takes over', 0],
  ['a newer gt takes over', 60],
  ['a newer gt takes over', 120],
  ['its supervisor is killed', 0],
  ['its supervisor is killed', 60],
  ['its supervisor is killed', 120],
])('a start goes on when %s %i ms after it was asked', async (what, ms) => {
  const town = await makeTown();
  const starting = town.gt(['dolt', 'start', '--json']);
  const client = await eventually('its supervisor', () =>
    SupervisorClient.connect(townPaths(town.dataDir)).catch(() => undefined),
  );
  await delay(ms);
  if (what === 'a newer gt takes over') await client.handOver();
  else process.kill(client.hello.pid, 'SIGKILL');
  client.close();
  const started = await starting;
  expect(started).toMatchObject({ exitCode: 0 });
  expect(json(started)).toMatchObject({ rigs: [{ rig: 'beads', state: 'running' }] });
  expect(await town.rig()).toMatchObject({ state: 'running', identity: 'verified', restarts: 0 });
});

test.each([
  ['while it starts the server', 100],
  ['when it runs', undefined],
])('a newer gt takes over from one in the foreground without touching the servers, %s', async (_when, ms) => {
  const town = await makeTown();
  const foreground = execa(process.execPath, [gtProgram, 'dolt', 'start', '--foreground'], {
    env: town.env,
    extendEnv: false,
    reject: false,
  });
  if (ms === undefined) {
    await new Promise<void>((resolve) => {
      foreground.stderr.on('data', (chunk) => String(chunk).includes('ready on') && resolve());
    });
  }
  const client = await eventually('its supervisor', () =>
    SupervisorClient.connect(townPaths(town.dataDir)).catch(() => undefined),
  );
  await delay(ms ?? 0);
  await client.handOver();
  expect(await foreground).toMatchObject({ exitCode: 0 });
  expect(await town.rig()).toMatchObject({ state: 'running', identity: 'verified', restarts: 0 });
});
