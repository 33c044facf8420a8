import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type ReleaseFaults, startReleaseServer } from '../helpers/release-server.ts';
import { writeStubDolt } from '../helpers/stub-dolt.ts';
import { json, makeWorkspace, type Workspace } from '../helpers/workspace.ts';

const VERSION = '1.90.0';
const gt = join(import.meta.dirname, '../../dist/bin/gt.cjs');

let workspace: Workspace;

beforeEach(() => {
  workspace = makeWorkspace();
});

afterEach(() => workspace.dispose());

const installs = () => join(workspace.home, '.local/share/gastown-dolt/dolt');
const program = () => join(installs(), VERSION, 'dolt');
const FROM_RELEASE = ['dolt', 'install', '--version', VERSION, '--from', 'release', '--json'];

async function serve(faults: ReleaseFaults = {}) {
  const server = await startReleaseServer(VERSION, faults);
  onTestFinished(() => server.stop());
  return server;
}

interface Running {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  exited: Promise<unknown[]>;
}

function start(releasesUrl: string): Running {
  // Without GT_DOLT_BIN, so that nothing goes before what is installed.
  const { GT_DOLT_BIN: _, ...env } = workspace.env;
  const child = spawn(process.execPath, [gt, ...FROM_RELEASE], {
    cwd: workspace.home,
    env: { ...env, GT_DOLT_RELEASES_URL: releasesUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, output, exited: once(child, 'close') };
}

const until = (condition: () => boolean) => expect.poll(condition, { timeout: 60_000, interval: 10 }).toBe(true);

test('what is there already is told, as text and as JSON', async () => {
  const path = writeStubDolt(join(workspace.home, 'tools/dolt'), '1.87.0');
  const env = { GT_DOLT_BIN: path };
  const asJson = await workspace.gt(['dolt', 'install', '--json'], { env });
  expect(json(asJson)).toEqual({ path, version: '1.87.0', source: 'env', schema_version: 1 });
  expect(asJson.exitCode).toBe(0);
  const asText = await workspace.gt(['dolt', 'install'], { env });
  expect(asText.stdout).toBe(`Dolt 1.87.0 (found through GT_DOLT_BIN): ${path}`);
  expect(asText.stderr).toBe('');
});

test('dolt.path of gt.yaml is found, and a broken gt.yaml is told', async () => {
  const path = writeStubDolt(join(workspace.home, 'tools/dolt'), '1.88.0');
  const env = { GT_DOLT_BIN: '' };
  const config = join(workspace.dataDir, 'gt.yaml');
  mkdirSync(workspace.dataDir);
  writeFileSync(config, 'dolt:\n  path: ~/tools/dolt\n');
  const found = await workspace.gt(['dolt', 'install', '--json'], { env });
  expect(json(found)).toEqual({ path, version: '1.88.0', source: 'config', schema_version: 1 });
  writeFileSync(config, 'dolt:\n  path: [\n');
  const broken = await workspace.gt(['dolt', 'install', '--json'], { env });
  expect(broken.exitCode).toBe(1);
  expect(json(broken)).toMatchObject({ code: 'CONFIG_INVALID' });
});

test('an unusable one is exit 5, with one JSON document', async () => {
  const env = { GT_DOLT_BIN: writeStubDolt(join(workspace.home, 'tools/dolt'), '2.0.5') };
  const result = await workspace.gt(['dolt', 'install', '--json'], { env });
  expect(result.exitCode).toBe(5);
  expect(json(result)).toMatchObject({ code: 'DOLT_UNUSABLE', exit_code: 5, schema_version: 1 });
});

test('two installs at once: one downloads, the other waits and finds the result', async () => {
  let answer = () => {};
  const server = await serve({
    download: (response, archive) => {
      answer = () => response.end(archive);
    },
  });
  const first = start(server.url);
  await until(() => server.requests.includes('/file'));
  const second = start(server.url);
  await until(() => second.output.stderr.includes('another install is at work'));
  answer();
  expect(await first.exited).toEqual([0, null]);
  expect(await second.exited).toEqual([0, null]);
  expect(JSON.parse(first.output.stdout)).toMatchObject({ path: program(), source: 'release' });
  expect(JSON.parse(second.output.stdout)).toMatchObject({ path: program(), source: 'cache' });
  expect(server.requests.filter((path) => path === '/file')).toHaveLength(1);
  expect(readdirSync(installs()).sort()).toEqual(['.lock', VERSION, 'current']);
});

test('when the first of two fails, the one that waits installs', async () => {
  let cut: (() => void) | undefined;
  const server = await serve({
    download: (response, archive) => {
      if (cut) response.end(archive);
      else cut = () => response.destroy();
    },
  });
  const first = start(server.url);
  await until(() => cut !== undefined);
  const second = start(server.url);
  await until(() => second.output.stderr.includes('another install is at work'));
  cut?.();
  expect(await first.exited).toEqual([5, null]);
  expect(await second.exited).toEqual([0, null]);
  expect(JSON.parse(first.output.stdout)).toMatchObject({ code: 'INSTALL_FAILED', exit_code: 5 });
  expect(JSON.parse(second.output.stdout)).toMatchObject({ path: program(), source: 'release' });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle of a download: exit 130, nothing left', async (signal) => {
  const server = await serve({ download: (response, archive) => response.write(archive.subarray(0, 100)) });
  const running = start(server.url);
  await until(() => server.requests.includes('/file'));
  running.child.kill(signal);
  expect(await running.exited).toEqual([130, null]);
  expect(JSON.parse(running.output.stdout)).toMatchObject({ code: 'CANCELLED' });
  expect(readdirSync(installs())).toEqual(['.lock']);
});

test('an install that was killed blocks nothing, and the next one clears up behind it', async () => {
  let stall = true;
  const server = await serve({
    download: (response, archive) => {
      if (stall) response.write(archive.subarray(0, 100));
      else response.end(archive);
    },
  });
  const running = start(server.url);
  await until(() => server.requests.includes('/file'));
  running.child.kill('SIGKILL');
  await running.exited;
  expect(existsSync(program())).toBe(false);
  expect(readdirSync(installs()).some((name) => name.startsWith('.staging-'))).toBe(true);
  stall = false;
  const next = start(server.url);
  expect(await next.exited).toEqual([0, null]);
  expect(readdirSync(installs()).sort()).toEqual(['.lock', VERSION, 'current']);
});
