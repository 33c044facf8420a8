import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type InstallOptions, installDolt } from '../../../src/dolt/install.ts';
import { doltLocations } from '../../../src/dolt/locations.ts';
import { inspectProcess } from '../../../src/util/process-identity.ts';
import { testPort } from '../../helpers/ports.ts';
import { startReleaseServer } from '../../helpers/release-server.ts';

/*
 * The real build takes minutes; `npm test` does it where Dolt is missing. Here a script stands for
 * `go`: what is tested is what is asked of it, and what becomes of its answers.
 */

const packageRoot = join(import.meta.dirname, '../../..');

let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'gt-source-')));
  mkdirSync(join(home, 'bin'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const installs = () => doltLocations({ home, env: {} }).installs;

interface StubGo {
  version?: string;
  toolchain?: string;
  compiler?: string;
  /** What `go build` does; `$out` is the program to make. */
  build?: string;
}

const MAKES_DOLT = `printf '#!/bin/sh\\necho dolt version 1.86.4\\n' > "$out"; chmod 755 "$out"`;

function writeStubGo({
  version = 'go1.26.2',
  toolchain = 'auto',
  compiler = 'true',
  build = MAKES_DOLT,
}: StubGo): void {
  const settings = JSON.stringify({ GOVERSION: version, GOTOOLCHAIN: toolchain, CC: compiler });
  const script = [
    '#!/bin/sh',
    'PATH=/usr/bin:/bin',
    `if [ "$1" = env ]; then echo '${settings}'; exit 0; fi`,
    `printf '%s\\n' "$PWD" "$CGO_ENABLED" "$@" > '${join(home, 'asked')}'; cp go.mod go.sum '${home}'`,
    'while [ "$1" != -o ]; do shift; done; out=$2',
    build,
  ];
  writeFileSync(join(home, 'bin', 'go'), `${script.join('\n')}\n`, { mode: 0o755 });
}

function install(options: Partial<InstallOptions> = {}) {
  // The bin directory first; `true` stands for the compiler.
  const env = { PATH: [join(home, 'bin'), '/usr/bin', '/bin'].join(delimiter) };
  return installDolt({ home, env, from: 'source', packageRoot, ...options });
}

test('the pinned module is built with the pinned command', async () => {
  writeStubGo({});
  const path = join(installs(), '1.86.4', 'dolt');
  expect(await install()).toEqual({ path, version: '1.86.4', source: 'source' });
  const [directory, cgo, ...args] = readFileSync(join(home, 'asked'), 'utf8').trimEnd().split('\n');
  expect(cgo).toBe('1');
  expect(args).toEqual([
    ...['build', '-v', '-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-tags', 'gms_pure_go'],
    ...['-o', expect.stringMatching(/\/dolt$/), 'github.com/dolthub/dolt/go/cmd/dolt'],
  ]);
  for (const name of ['go.mod', 'go.sum']) {
    expect(readFileSync(join(home, name), 'utf8')).toBe(
      readFileSync(join(packageRoot, 'templates/dolt', name), 'utf8'),
    );
  }
  expect(existsSync(directory ?? '')).toBe(false);
  expect(readdirSync(installs()).sort()).toEqual(['.lock', '1.86.4', 'current']);
});

test('the source takes the place of a release that cannot be had, and that is told', async () => {
  const releasesUrl = `http://127.0.0.1:${await testPort()}`;
  writeStubGo({});
  const lines: string[] = [];
  const env = { PATH: join(home, 'bin') };
  writeFileSync(join(home, 'bin', 'true'), '#!/bin/sh\n', { mode: 0o755 });
  const options = { env, from: undefined, releasesUrl, onProgress: (line: string) => lines.push(line) };
  expect(await install(options)).toMatchObject({ version: '1.86.4', source: 'source' });
  expect(lines[0]).toMatch(/^not from release: .*ECONNREFUSED/);
  expect(lines[1]).toMatch(/^building Dolt from source with go1\.26\.2/);
});

test('with neither release nor Go both reasons are told', async () => {
  const server = await startReleaseServer('1.86.4', { digest: `sha256:${'0'.repeat(64)}` });
  onTestFinished(() => server.stop());
  const env = { PATH: join(home, 'bin') };
  await expect(install({ env, from: undefined, releasesUrl: server.url })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringMatching(/release: the checksum .*; source: there is no Go on PATH/),
  });
  expect(readdirSync(installs())).toEqual(['.lock']);
});

test.each<[string, StubGo, RegExp]>([
  ['a Go too old to fetch another', { version: 'go1.20.5', toolchain: 'auto' }, /too old: go1\.20\.5.* 1\.26\.2/],
  ['a Go that may not fetch another', { version: 'go1.25.1', toolchain: 'local' }, /too old: go1\.25\.1/],
  ['no C compiler', { compiler: 'no-such-compiler' }, /no C compiler \(no-such-compiler\)/],
  ['no network', { build: `echo 'example.org/x: dial tcp: lookup: no such host' >&2; exit 1` }, /no such host/],
  ['a build that makes another version', { build: MAKES_DOLT.replace('1.86.4', '1.86.3') }, /Dolt 1\.86\.3, not/],
  ['a build that makes nothing', { build: 'exit 0' }, /cannot be executed/],
])('%s: INSTALL_FAILED, nothing left', async (_name, go, message) => {
  writeStubGo(go);
  await expect(install()).rejects.toMatchObject({ code: 'INSTALL_FAILED', message: expect.stringMatching(message) });
  expect(readdirSync(installs())).toEqual(['.lock']);
});

test('a full disk is told as such, and is no reason to try another route', async () => {
  writeStubGo({ build: `echo 'write /tmp/x: no space left on device' >&2; exit 1` });
  await expect(install()).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(readdirSync(installs())).toEqual(['.lock']);
});

test.each([
  ['an older Go that fetches the one it needs', { version: 'go1.24.0', toolchain: 'auto' }],
  ['a newer Go that may not fetch another', { version: 'go1.27', toolchain: 'local' }],
])('%s will do', async (_name, go) => {
  writeStubGo(go);
  expect(await install()).toMatchObject({ source: 'source' });
});

test('Ctrl-C ends the build and all that it started', async () => {
  const pids = join(home, 'pids');
  writeStubGo({ build: `sleep 600 & echo "$$ $!" > '${pids}.tmp'; mv '${pids}.tmp' '${pids}'; wait` });
  const controller = new AbortController();
  const installing = install({ signal: controller.signal });
  const ended = expect(installing).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect.poll(() => existsSync(pids), { timeout: 60_000, interval: 20 }).toBe(true);
  controller.abort();
  await ended;
  for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) {
    await expect.poll(() => inspectProcess(Number(pid)), { timeout: 60_000, interval: 20 }).toBeUndefined();
  }
  expect(readdirSync(installs())).toEqual(['.lock']);
});
