import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { type FederationTown, makeFederationTown } from '../../helpers/federation-town.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let beta: FederationTown;

beforeAll(async () => {
  workspace = makeWorkspace();
  beta = await makeFederationTown(workspace, 'beta');
});

afterAll(async () => {
  await beta.dispose();
  await workspace.dispose();
});

test('without a server: a peer with a password, and a directory without one', async () => {
  const cwd = join(workspace.home, 'my project');
  const shelf = join(workspace.home, 'a shelf');
  mkdirSync(cwd);
  mkdirSync(shelf);
  const bd = async (args: readonly string[], input?: string) => {
    const result = await workspace.bd(args, { cwd, ...(input === undefined ? {} : { input }) });
    expect([args, result.exitCode, result.stderr]).toEqual([args, 0, '']);
    return result;
  };
  await bd(['init', '--prefix', 'hm', '--quiet']);
  await bd(['create', 'First', '--id', 'hm-one']);
  await bd(['federation', 'add-peer', 'shelf', pathToFileURL(shelf).href]);
  const add = ['federation', 'add-peer', 'beta', beta.address, '--user', beta.user, '--password-stdin'];
  await bd(add, beta.password);
  await bd(['federation', 'sync']);

  const env = { BEADS_DOLT_SERVER_PORT: String(beta.server.port) };
  await beta.bd(['init', '--server', '--database', 'beads', '--prefix', 'hm'], { env });
  await beta.run('update', 'hm-one', '--priority', '1');
  await beta.run('vc', 'commit', '-m', 'priority');
  await bd(['update', 'hm-one', '--notes', 'kept']);
  const again = await bd(['federation', 'sync', '--json']);
  expect(json(again)).toMatchObject({ in_sync: true, peers: ['beta', 'shelf'] });
  const [row] = await beta.sql("SELECT priority, notes FROM beads.issues WHERE id = 'hm-one'");
  expect(row).toEqual({ priority: 1, notes: 'kept' });

  // The directory got what came from the other peer after it.
  const copy = join(workspace.home, 'copy');
  const dolt = process.env['GT_DOLT_BIN'] ?? 'dolt';
  await execa(dolt, ['clone', pathToFileURL(shelf).href, copy], { env: workspace.env });
  const { stdout } = await execa(dolt, ['sql', '-r', 'csv', '-q', 'SELECT priority, notes FROM issues'], {
    cwd: copy,
    env: workspace.env,
  });
  expect(stdout).toContain('1,kept');
});

test('again and again until a signal, past failures', async () => {
  const cwd = join(workspace.home, 'looping');
  mkdirSync(cwd);
  expect((await workspace.bd(['init', '--prefix', 'hm', '--quiet'], { cwd })).exitCode).toBe(0);
  const looping = execa(process.execPath, ['dist/bin/bd.cjs', '-C', cwd, 'federation', 'sync', '--every', '5s'], {
    env: workspace.env,
    extendEnv: false,
    reject: false,
  });
  let [said, failed] = ['', ''];
  looping.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  looping.stderr.on('data', (chunk: Buffer) => {
    failed += chunk.toString();
  });
  await eventually('a failure', () => failed.includes('no federation peers configured'));
  const shelf = join(workspace.home, 'loop shelf');
  mkdirSync(shelf);
  const added = await workspace.bd(['federation', 'add-peer', 'shelf', pathToFileURL(shelf).href], { cwd });
  expect(added.exitCode).toBe(0);
  await eventually('a sync', () => said.includes('In sync at'));
  looping.kill('SIGTERM');
  expect((await looping).exitCode).toBe(0);
  expect((await workspace.bd(['federation', 'sync', '--every', '1s'], { cwd })).stderr).toContain('too often');
});
