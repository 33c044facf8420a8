import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import type { FederationTown } from '../../helpers/federation-town.ts';
import { startGateProxy } from '../../helpers/gate-proxy.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { silentServer } from '../../helpers/silent-server.ts';
import { makeTwoTowns, type TwoTowns } from '../../helpers/two-towns.ts';
import { json, type Workspace } from '../../helpers/workspace.ts';

let towns: TwoTowns;
let workspace: Workspace;
let alpha: FederationTown;
let beta: FederationTown;

beforeAll(async () => {
  towns = await makeTwoTowns();
  ({ workspace, alpha, beta } = towns);
  await beta.run('vc', 'commit', '-m', 'peers');
});

afterAll(() => towns.dispose());

interface Synced {
  in_sync: boolean;
  results: { Peer: string; InSync: boolean; Code: string | null }[];
}

/** A proxy that, once so many bytes of ours, or of the peer's, went through it, is dead. */
async function startDyingProxy(
  target: number,
  { sent = Number.POSITIVE_INFINITY, received = Number.POSITIVE_INFINITY },
  onDeath: () => void = () => undefined,
): Promise<{ port: number; readonly dead: boolean }> {
  const port = await testPort();
  const sockets: Socket[] = [];
  const left = { sent, received };
  let dead = false;
  const server = createServer((client) => {
    const upstream = dial(target, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.push(socket.on('error', () => undefined));
    const pass = (from: Socket, to: Socket, way: 'sent' | 'received') =>
      from.on('data', (chunk) => {
        left[way] -= chunk.length;
        if (left[way] >= 0) return void to.write(chunk);
        if (!dead) onDeath();
        dead = true;
        server.close();
        for (const socket of sockets) socket.destroy();
      });
    pass(client, upstream, 'sent');
    pass(upstream, client, 'received');
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    get dead() {
      return dead;
    },
  };
}

async function expectSame(): Promise<void> {
  await alpha.run('federation', 'sync', 'beta');
  expect(await alpha.issueTables()).toBe(await beta.issueTables());
}

test('a peer that is down and one that hangs stop neither the others nor for ever', async () => {
  const hanging = await silentServer();
  await alpha.run('federation', 'add-peer', 'a-down', `127.0.0.1:${await testPort()}/beads`);
  await alpha.run('federation', 'add-peer', 'a-hang', `127.0.0.1:${hanging.port}/beads`);
  await alpha.run('create', 'While others are away');
  const result = await alpha.bd(['federation', 'sync', '--json', '--timeout', '12s']);
  expect(result.exitCode).toBe(1);
  expect(json<Synced>(result).results).toMatchObject([
    { Peer: 'a-down', InSync: false, Code: 'REMOTE_UNREACHABLE' },
    { Peer: 'a-hang', InSync: false, Code: 'REMOTE_TIMEOUT' },
    { Peer: 'beta', InSync: true, Code: null },
  ]);
  const status = json<{ peers: { Status: { Peer: string }; Reachable: boolean }[] }>(
    await alpha.bd(['federation', 'status', '--json', '--timeout', '12s']),
  );
  expect(status.peers.map(({ Status, Reachable }) => [Status.Peer, Reachable])).toEqual([
    ['a-down', false],
    ['a-hang', false],
    ['beta', true],
  ]);
  const { stdout } = await execa('ps', ['-eo', 'args', '-ww']);
  expect(stdout).not.toContain(`127.0.0.1:${hanging.port}`);
  await alpha.run('federation', 'remove-peer', 'a-down');
  await alpha.run('federation', 'remove-peer', 'a-hang');
  hanging.server.close();
  expect(await alpha.issueTables()).toBe(await beta.issueTables());
});

// In the middle of fetching, and of pushing; the bytes are those that our side sends.
test.each([600, 2_000, 4_000, 6_000, 8_000])('a peer that dies after %i bytes leaves both whole', async (bytes) => {
  const dying = await startDyingProxy(beta.remotesapiPort, { sent: bytes });
  const args = ['federation', 'add-peer', 'dying', `127.0.0.1:${dying.port}/beads`, '--user', beta.user];
  expect((await alpha.bd([...args, '--password-stdin'], { input: beta.password })).exitCode).toBe(0);
  await alpha.run('create', `From alpha before ${bytes}`);
  await beta.run('create', `From beta before ${bytes}`);
  await beta.run('vc', 'commit', '-m', String(bytes));
  const result = await alpha.bd(['federation', 'sync', 'dying', '--json', '--timeout', '30s']);
  expect([dying.dead, result.exitCode, json<Synced>(result).in_sync]).toEqual([true, 1, false]);
  await alpha.run('federation', 'remove-peer', 'dying');
  await expectSame();
});

async function manyIssues(town: FederationTown, of: string): Promise<void> {
  const file = join(town.directory, `${of}.jsonl`);
  const line = (number: number) =>
    JSON.stringify({
      id: `hm-${of}${number}`,
      title: `${of} ${number}`,
      description: String(Math.random()).repeat(20),
    });
  writeFileSync(file, Array.from({ length: 300 }, (_, number) => `${line(number)}\n`).join(''));
  await town.run('import', file);
  await town.run('vc', 'commit', '-m', of);
}

test.each([
  ['fetch', { received: 60_000 }, () => manyIssues(beta, 'fetched')],
  ['push', { sent: 60_000 }, () => manyIssues(alpha, 'pushed')],
])('a peer whose server is killed in the midst of a %s is in sync when it is back', async (during, limits, begin) => {
  await expectSame();
  await begin();
  let killed: Promise<void> | undefined;
  const dying = await startDyingProxy(beta.remotesapiPort, limits, () => {
    killed = beta.server.stop('SIGKILL');
  });
  const args = ['federation', 'add-peer', during, `127.0.0.1:${dying.port}/beads`, '--user', beta.user];
  expect((await alpha.bd([...args, '--password-stdin'], { input: beta.password })).exitCode).toBe(0);
  await alpha.run('vc', 'commit', '-m', during);
  const before = await alpha.issueTables();
  const result = await alpha.bd(['federation', 'sync', during, '--json', '--timeout', '30s']);
  expect([dying.dead, result.exitCode, json<Synced>(result).in_sync]).toEqual([true, 1, false]);
  expect(await alpha.issueTables()).toBe(before);
  await killed;
  await beta.restart();
  await alpha.run('federation', 'remove-peer', during);
  await expectSame();
  expect(await alpha.issueTables()).toContain(`${during}ed 299`);
});

test('two syncs at once, here and from the other side', async () => {
  await alpha.run('create', 'Twice');
  await beta.run('create', 'Twice too');
  await beta.run('vc', 'commit', '-m', 'twice');
  const results = await Promise.all([
    alpha.bd(['federation', 'sync', 'beta']),
    alpha.bd(['federation', 'sync', 'beta']),
    beta.bd(['federation', 'sync', 'alpha']),
  ]);
  expect(results.slice(0, 2).map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  await expectSame();
});

test('the local server is restarted, or bd is killed, during a sync', async () => {
  const gate = await startGateProxy(beta.remotesapiPort);
  const add = ['federation', 'add-peer', 'gated', `127.0.0.1:${gate.port}/beads`, '--user', beta.user];
  expect((await alpha.bd([...add, '--password-stdin'], { input: beta.password })).exitCode).toBe(0);
  await alpha.run('federation', 'sync', 'gated');
  const exchange = () =>
    eventually('the exchange', () =>
      gate.waiting > 0 ? processesOf(workspace.home).find(({ command }) => command.includes('--use-db clone')) : null,
    );

  await alpha.run('create', 'Before the restart');
  gate.shut();
  const running = alpha.bd(['federation', 'sync', 'gated', '--json']);
  await exchange();
  await alpha.restart();
  gate.open();
  const result = await running;
  expect(json<Synced>(result).in_sync ?? false).toBe(result.exitCode === 0);
  await alpha.run('federation', 'sync', 'gated');
  await expectSame();

  await alpha.run('create', 'Before the kill');
  gate.shut();
  const killed = execa(process.execPath, ['dist/bin/bd.cjs', '-C', alpha.directory, 'federation', 'sync', 'gated'], {
    env: workspace.env,
    extendEnv: false,
    reject: false,
  });
  await exchange();
  killed.kill('SIGKILL');
  await killed;
  gate.open();
  // Beside what the killed one left at work.
  await alpha.run('federation', 'sync', 'gated');
  await expectSame();
  await alpha.run('federation', 'remove-peer', 'gated');
  await gate.close();
  const remotes = await alpha.sql('SELECT name FROM beads.dolt_remotes');
  expect(remotes).toEqual([{ name: 'beta' }]);
});
