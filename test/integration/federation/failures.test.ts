import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import {
  addPeer,
  beginProject,
  type FederationTown,
  joinProject,
  makeFederationTown,
} from '../../helpers/federation-town.ts';
import { testPort } from '../../helpers/ports.ts';
import { silentServer } from '../../helpers/silent-server.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let alpha: FederationTown;
let beta: FederationTown;

beforeAll(async () => {
  workspace = makeWorkspace();
  alpha = await makeFederationTown(workspace, 'alpha');
  beta = await makeFederationTown(workspace, 'beta');
  await beginProject(alpha);
  await joinProject(alpha, beta);
  await addPeer(beta, alpha);
  await beta.run('vc', 'commit', '-m', 'peers');
});

afterAll(async () => {
  await alpha.dispose();
  await beta.dispose();
  await workspace.dispose();
});

interface Synced {
  in_sync: boolean;
  results: { Peer: string; InSync: boolean; Code: string | null }[];
}

/** A proxy that, once it has passed on so many bytes, is dead. */
async function startDyingProxy(target: number, bytes: number): Promise<{ port: number; readonly dead: boolean }> {
  const port = await testPort();
  const sockets: Socket[] = [];
  let left = bytes;
  const server = createServer((client) => {
    const upstream = dial(target, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.push(socket.on('error', () => undefined));
    upstream.pipe(client);
    client.on('data', (chunk) => {
      left -= chunk.length;
      if (left >= 0) upstream.write(chunk);
      else {
        server.close();
        for (const socket of sockets) socket.destroy();
      }
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    get dead() {
      return left < 0;
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
  const dying = await startDyingProxy(beta.remotesapiPort, bytes);
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
  await alpha.run('create', 'Before the restart');
  const running = alpha.bd(['federation', 'sync', 'beta', '--json']);
  await eventually('the exchange', async () =>
    (await execa('ps', ['-eo', 'args', '-ww'])).stdout.includes('--use-db clone'),
  );
  await alpha.restart();
  const result = await running;
  expect(json<Synced>(result).in_sync ?? false).toBe(result.exitCode === 0);
  await expectSame();

  await alpha.run('create', 'Before the kill');
  const killed = execa(process.execPath, ['dist/bin/bd.cjs', '-C', alpha.directory, 'federation', 'sync', 'beta'], {
    env: workspace.env,
    extendEnv: false,
    reject: false,
  });
  await eventually('the exchange', async () =>
    (await execa('ps', ['-eo', 'args', '-ww'])).stdout.includes('--use-db clone'),
  );
  killed.kill('SIGKILL');
  await killed;
  await expectSame();
  const remotes = await alpha.sql('SELECT name FROM beads.dolt_remotes');
  expect(remotes).toEqual([{ name: 'beta' }]);
});
