import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { findDolt } from '../../../src/dolt/binary.ts';
import type { NetworkLimits } from '../../../src/dolt/download.ts';
import { type InstallOptions, installDolt } from '../../../src/dolt/install.ts';
import { doltLocations } from '../../../src/dolt/locations.ts';
import { testPort } from '../../helpers/ports.ts';
import { packArchive, type ReleaseFaults, startReleaseServer } from '../../helpers/release-server.ts';
import { writeStubDolt } from '../../helpers/stub-dolt.ts';

const VERSION = '1.90.0';
const packageRoot = join(import.meta.dirname, '../../..');

let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'gt-release-')));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const installs = () => doltLocations({ home, env: {} }).installs;

async function serve(faults: ReleaseFaults = {}) {
  const server = await startReleaseServer(VERSION, faults);
  onTestFinished(() => server.stop());
  return server;
}

function install(options: Partial<InstallOptions> = {}) {
  return installDolt({ home, env: { PATH: home }, version: VERSION, packageRoot, ...options });
}

test('the release is downloaded, verified, unpacked and found from then on', async () => {
  const server = await serve();
  const lines: string[] = [];
  const path = join(installs(), VERSION, 'dolt');
  const onProgress = (line: string) => lines.push(line);
  expect(await install({ releasesUrl: server.url, onProgress })).toEqual({ path, version: VERSION, source: 'release' });
  expect(statSync(path).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(installs(), 'current'))).toBe(VERSION);
  expect(readdirSync(installs()).sort()).toEqual(['.lock', VERSION, 'current']);
  expect(readdirSync(join(installs(), VERSION))).toEqual(['dolt']);
  expect(lines.join('\n')).toMatch(/downloading .*\/file(.|\n)*checksum is right/);
  expect(await findDolt({ home, env: {} })).toEqual({ path, version: VERSION, source: 'cache' });

  expect(await install({ releasesUrl: server.url })).toEqual({ path, version: VERSION, source: 'cache' });
  expect(server.requests).toHaveLength(2);
});

const half = (archive: Buffer) => archive.subarray(0, archive.length / 2);
const faults: [string, ReleaseFaults, RegExp][] = [
  ['a wrong checksum', { digest: `sha256:${'0'.repeat(64)}` }, /checksum of .* is wrong/],
  ['no checksum', { digest: null }, /publishes no sha256/],
  ['a checksum of another kind', { digest: `md5:${'0'.repeat(32)}` }, /publishes no sha256/],
  ['404 for the release', { lookup: (response) => response.writeHead(404).end() }, /there is no such release/],
  ['404 for the file', { download: (response) => response.writeHead(404).end() }, /404/],
  ['500', { lookup: (response) => response.writeHead(500).end() }, /status 500/],
  [
    'a used up limit of requests',
    { lookup: (response) => response.writeHead(403, { 'x-ratelimit-remaining': '0' }).end() },
    /limit of requests/,
  ],
  ['an answer that is no JSON', { lookup: (response) => response.end('<html>') }, /cannot be read/],
  ['no file for this platform', { assets: ['dolt-plan9-mips.tar.gz'] }, /has no dolt-/],
  [
    'a connection cut half way',
    {
      download: (response, archive) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(half(archive), () => response.destroy());
      },
    },
    /broke off after \d+ of \d+ bytes/,
  ],
  [
    'a connection cut half way, of unknown length',
    { download: (response, archive) => response.write(half(archive), () => response.destroy()) },
    /broke off after \d+ of \d+ bytes/,
  ],
  ['a file that ends too early', { download: (response, archive) => response.end(half(archive)) }, /checksum .* wrong/],
  [
    'a file that is too long',
    { download: (response, archive) => response.end(Buffer.concat([archive, archive])) },
    /longer than the release says/,
  ],
  ['a file that is no archive', { archive: Buffer.from('not an archive') }, /cannot be unpacked/],
  ['an archive of something else', { archive: packArchive(VERSION, 'other/bin/dolt') }, /cannot be unpacked/],
  ['an archive of another version', { archive: packArchive('1.89.0') }, /is Dolt 1\.89\.0, not 1\.90\.0/],
];

test.each(faults)('%s: INSTALL_FAILED, exit 5, nothing left in the cache', async (_name, fault, message) => {
  const server = await serve(fault);
  await expect(install({ releasesUrl: server.url })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    exitCode: 5,
    message: expect.stringMatching(message),
    hint: expect.stringContaining('GT_DOLT_BIN'),
  });
  expect(readdirSync(installs())).toEqual(['.lock']);
  expect(readdirSync(join(installs(), '.lock'))).toEqual([]);
});

test.each<[string, ReleaseFaults, NetworkLimits, RegExp]>([
  ['never answers', { lookup: () => undefined }, { answerMs: 300, stallMs: 60_000 }, /no answer within 300ms/],
  [
    'stops in the middle',
    { download: (response, archive) => response.write(half(archive)) },
    { answerMs: 60_000, stallMs: 300 },
    /broke off after \d+ of \d+ bytes: nothing came for 300ms/,
  ],
])('a server that %s is given up on', async (_name, fault, limits, message) => {
  const server = await serve(fault);
  await expect(install({ releasesUrl: server.url, limits })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringMatching(message),
  });
  expect(readdirSync(installs())).toEqual(['.lock']);
});

test('a host that refuses, or that there is not, is named', async () => {
  const releasesUrl = `http://127.0.0.1:${await testPort()}`;
  await expect(install({ releasesUrl })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringMatching(/127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED.*only 1\.86\.4 can be built/),
  });
  await expect(install({ releasesUrl: 'http://host.invalid' })).rejects.toMatchObject({
    message: expect.stringMatching(/host\.invalid cannot be reached/),
  });
});

test.each(['lookup', 'download'] as const)('Ctrl-C during the %s leaves nothing', async (stage) => {
  const controller = new AbortController();
  const server = await serve({
    // Each answers a part, or nothing, and then waits for ever.
    ...(stage === 'lookup' ? { lookup: () => controller.abort() } : {}),
    download: (response, archive) => response.write(half(archive), () => controller.abort()),
  });
  await expect(install({ releasesUrl: server.url, signal: controller.signal })).rejects.toMatchObject({
    code: 'CANCELLED',
    exitCode: 130,
  });
  expect(readdirSync(installs())).toEqual(['.lock']);
});

test('what an older install left behind is replaced: a broken program, a staging directory', async () => {
  const path = writeStubDolt(join(installs(), VERSION, 'dolt'), VERSION);
  writeFileSync(path, '');
  writeStubDolt(join(installs(), '.staging-killed', 'release', 'dolt'), VERSION);
  const server = await serve();
  expect(await install({ releasesUrl: server.url })).toMatchObject({ path, source: 'release' });
  expect(readdirSync(installs()).sort()).toEqual(['.lock', VERSION, 'current']);
});

test('an explicit version is selected, and an older one again when it is asked for', async () => {
  const older = writeStubDolt(join(installs(), '1.88.0', 'dolt'), '1.88.0');
  const server = await serve();
  const newer = await install({ releasesUrl: server.url });
  expect(await findDolt({ home, env: {} })).toMatchObject({ path: newer.path });
  expect(await install({ version: 'v1.88.0' })).toEqual({ path: older, version: '1.88.0', source: 'cache' });
  expect(await findDolt({ home, env: {} })).toMatchObject({ path: older });
});

test('a Dolt that goes before the installed one is told', async () => {
  const path = writeStubDolt(join(home, 'bin', 'dolt'), '1.87.0');
  const server = await serve();
  const lines: string[] = [];
  const env = { PATH: join(home, 'bin') };
  const installed = await install({ releasesUrl: server.url, env, onProgress: (line) => lines.push(line) });
  expect(installed).toMatchObject({ version: VERSION, source: 'release' });
  expect(lines.at(-1)).toContain(`${path} (from PATH) goes before ${installed.path}`);
});

test('what is found already is told, without asking the network', async () => {
  const server = await serve();
  const path = writeStubDolt(join(home, 'bin', 'dolt'), '1.87.0');
  const env = { PATH: join(home, 'bin') };
  const options = { version: undefined, releasesUrl: server.url };
  expect(await install({ ...options, env })).toEqual({ path, version: '1.87.0', source: 'path' });
  const bad = writeStubDolt(join(home, 'bad', 'dolt'), '1.2.3');
  await expect(install({ ...options, env: { ...env, GT_DOLT_BIN: bad } })).rejects.toMatchObject({
    code: 'DOLT_UNUSABLE',
    hint: expect.stringContaining('unset it'),
  });
  expect(server.requests).toEqual([]);
});

test.each([
  [{ version: 'newest' }, 'USAGE', 2],
  [{ version: '../../1.90.0' }, 'USAGE', 2],
  [{ version: '2.0.5' }, 'DOLT_UNUSABLE', 5],
  [{ version: '1.80.0' }, 'DOLT_UNUSABLE', 5],
  [{ version: VERSION, from: 'source' as const }, 'USAGE', 2],
])('%j is refused before anything is done', async (options, code, exitCode) => {
  const server = await serve();
  await expect(install({ ...options, releasesUrl: server.url })).rejects.toMatchObject({ code, exitCode });
  expect(server.requests).toEqual([]);
  expect(readdirSync(home)).toEqual([]);
});
