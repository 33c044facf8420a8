import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectServer } from '../../../src/database/server.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { testPort } from '../../helpers/ports.ts';

let root: string;
let server: BareServer;

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'gt-tls-')));
  mkdirSync(join(root, 'data'));
  certificate('ours');
  certificate('other');
  const port = await testPort();
  const config = join(root, 'server.yaml');
  writeFileSync(
    config,
    `listener:\n  host: 127.0.0.1\n  port: ${port}\n  tls_key: ${join(root, 'ours.key')}\n  tls_cert: ${join(root, 'ours.pem')}\n  socket: ${join(root, 's.sock')}\ndata_dir: ${join(root, 'data')}\n`,
  );
  server = await startBareServer({ dataDir: join(root, 'data'), port, config });
});

afterAll(async () => {
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

function certificate(name: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...[
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        join(root, `${name}.key`),
        '-out',
        join(root, `${name}.pem`),
      ],
    ],
    { stdio: 'ignore' },
  );
}

const open = (tls: boolean | { ca: string }) =>
  connectServer({ host: '127.0.0.1', port: server.port, user: 'root', database: 'information_schema', tls });

test('a server with the right certificate is spoken to in secret', async () => {
  const db = await open({ ca: readFileSync(join(root, 'ours.pem'), 'utf8') });
  expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await db.close();
});

test('a server with another certificate is refused', async () => {
  await expect(open({ ca: readFileSync(join(root, 'other.pem'), 'utf8') })).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    hint: expect.stringContaining('certificate'),
  });
  await expect(open(true)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
});

test('authorities of NODE_EXTRA_CA_CERTS are trusted where Node was kept from reading them', async () => {
  vi.stubEnv('GT_EXTRA_CA_CERTS', join(root, 'ours.pem'));
  try {
    const db = await open(true);
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await db.close();
    await expect(open({ ca: readFileSync(join(root, 'other.pem'), 'utf8') })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
    vi.stubEnv('GT_EXTRA_CA_CERTS', join(root, 'missing.pem'));
    await expect(open(true)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  } finally {
    vi.unstubAllEnvs();
  }
});

// Node would ask for a certificate of `localhost` here, which this one is.
test.skipIf(process.platform !== 'linux')('an address that the certificate is not for is refused', async () => {
  const middle = createServer((socket) => {
    const onward = connect(server.port, '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => undefined);
  });
  middle.listen(0, '127.0.0.2');
  await once(middle, 'listening');
  const { port } = middle.address() as AddressInfo;
  const tls = { ca: readFileSync(join(root, 'ours.pem'), 'utf8') };
  const options = { port, user: 'root', database: 'information_schema' };
  await expect(connectServer({ ...options, host: '127.0.0.2', tls })).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: expect.stringContaining('127.0.0.2'),
  });
  const named = await connectServer({ ...options, host: '127.0.0.2', tls: { ...tls, name: 'localhost' } });
  await named.close();
  middle.close();
});
