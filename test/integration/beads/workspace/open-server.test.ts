import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSchema } from '../../../../src/beads/schema/create.ts';
import { locateBeads } from '../../../../src/beads/workspace/locate.ts';
import { type OpenDirectory, openDirectory, openEndpoint } from '../../../../src/beads/workspace/open.ts';
import { reachedLocation } from '../../../../src/beads/workspace/reached.ts';
import { connectServer } from '../../../../src/database/server.ts';
import { type BareServer, startBareServer } from '../../../helpers/bare-server.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { testPort } from '../../../helpers/ports.ts';

const PROJECT = '6f1c2a34-0000-4000-8000-000000000001';
let top: string;
let server: BareServer;
let deadPort: number;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'gt-open-')));
  server = await startBareServer({ dataDir: join(top, 'data') });
  deadPort = await testPort();
  const admin = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root' });
  for (const name of ['proj', 'other', 'bare']) await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  for (const [database, projectId] of [
    ['proj', PROJECT],
    ['other', '6f1c2a34-0000-4000-8000-000000000002'],
  ] as const) {
    const db = await connectServer({ host: '127.0.0.1', port: server.port, user: 'root', database });
    await createSchema(db, { prefix: database, projectId, commitAuthor: 't <t@t>' });
    await db.close();
  }
});

afterAll(async () => {
  await server.stop();
  rmSync(top, { recursive: true, force: true });
});

let count = 0;
let project: string;

beforeEach(() => {
  count += 1;
  project = join(top, `p${count}`);
  mkdirSync(join(project, '.beads'), { recursive: true, mode: 0o700 });
  env = { HOME: join(top, 'home'), PATH: process.env['PATH'], GT_DOLT_DATA_DIR: join(top, `town${count}`) };
});

const put = (path: string, content: string | object) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
};
const beads = (name: string, content: string | object) => put(join(project, '.beads', name), content);
const metadata = (more: object = {}) =>
  beads('metadata.json', {
    database: 'dolt',
    backend: 'dolt',
    dolt_mode: 'server',
    dolt_database: 'proj',
    project_id: PROJECT,
    ...more,
  });
/** A rig of the town as its supervisor records it. */
const rig = (name: string, port: number) =>
  put(join(top, `town${count}`, '.gt', 'state', `${name}.json`), {
    rig: name,
    state: 'running',
    server: {
      ...{ pid: server.pid, startTime: 'x', executable: '/x', token: 'x' },
      dataDir: join(top, `town${count}`, name),
    },
    host: '127.0.0.1',
    port,
    remotesapiPort: null,
    version: null,
    startedAt: null,
    restarts: 0,
    lastError: null,
  });
const options = (more: Partial<OpenDirectory> = {}): OpenDirectory => ({
  dir: project,
  env,
  purpose: 'test',
  findDolt: () => Promise.reject(new Error('a server needs no dolt')),
  ...more,
});
/** The port that is used in the end. */
async function portUsed(more: Partial<OpenDirectory> = {}): Promise<number> {
  const opened = await openDirectory(options(more));
  try {
    const [row] = await opened.db.query('SELECT @@port AS port');
    expect(row?.['port']).toBe(server.port);
    const { target } = opened.location;
    return target.mode === 'server' ? target.endpoint.port : 0;
  } finally {
    await opened.close();
  }
}

describe('the endpoint: the first that names one wins', () => {
  const dead = () => ({ dolt_server_port: deadPort });

  test('a variable, over every file', async () => {
    metadata(dead());
    beads('config.yaml', `dolt:\n  port: ${deadPort}\n`);
    env['BEADS_DOLT_SERVER_PORT'] = String(server.port);
    expect(await portUsed()).toBe(server.port);
  });

  test('config.local.yaml, over config.yaml', async () => {
    metadata(dead());
    beads('config.yaml', `dolt.port: ${deadPort}\n`);
    beads('config.local.yaml', `dolt:\n  port: ${server.port}\n`);
    expect(await portUsed()).toBe(server.port);
  });

  test.each(['dolt:\n  port: PORT\n', 'dolt.port: PORT\n'])('config.yaml, over metadata.json: %j', async (text) => {
    metadata(dead());
    beads('config.yaml', text.replace('PORT', String(server.port)));
    expect(await portUsed()).toBe(server.port);
  });

  test('metadata.json, over the town', async () => {
    metadata({ dolt_server_port: server.port });
    rig('proj', deadPort);
    expect(await portUsed()).toBe(server.port);
  });

  test('the town’s running rig of the database’s name', async () => {
    metadata();
    rig('proj', server.port);
    expect(await portUsed()).toBe(server.port);
  });

  test('the port that gt.yaml gives a rig which is not known to run', async () => {
    metadata();
    put(join(top, `town${count}`, 'gt.yaml'), `rigs:\n  proj:\n    port: ${server.port}\n`);
    expect(await portUsed()).toBe(server.port);
  });

  test('the mode: a variable, config.yaml, metadata.json', async () => {
    metadata({ dolt_server_port: server.port, dolt_mode: 'embedded' });
    await expect(openDirectory(options())).rejects.toMatchObject({ code: 'NOT_INITIALIZED' });
    beads('config.yaml', 'dolt:\n  mode: server\n');
    expect(await portUsed()).toBe(server.port);
    beads('config.yaml', 'dolt:\n  mode: embedded\n');
    env['BEADS_DOLT_SERVER_MODE'] = '1';
    expect(await portUsed()).toBe(server.port);
  });

  test('a socket, in place of host and port', async () => {
    metadata(dead());
    env['BEADS_DOLT_SERVER_SOCKET'] = server.socket;
    const opened = await openDirectory(options());
    expect(await opened.db.query('SELECT DATABASE() AS name')).toEqual([{ name: 'proj' }]);
    await opened.close();
  });
});

describe('a rig whose port moved', () => {
  test('is found by the name of its database when the recorded port is dead', async () => {
    metadata({ dolt_server_port: deadPort });
    rig('proj', server.port);
    expect(await portUsed()).toBe(server.port);
    const recorded = await locateBeads(options());
    expect(recorded.target).toMatchObject({ endpoint: { port: deadPort } });
    expect(await reachedLocation(recorded, project)).toMatchObject({ target: { endpoint: { port: server.port } } });
  });

  test('is where it was recorded while something listens there', async () => {
    metadata({ dolt_server_port: server.port });
    rig('proj', deadPort);
    const recorded = await locateBeads(options());
    expect(await reachedLocation(recorded, project)).toBe(recorded);
  });

  test('but a port that the user decided on is not second-guessed', async () => {
    metadata();
    beads('config.yaml', `dolt.port: ${deadPort}\n`);
    rig('proj', server.port);
    await expect(openDirectory(options())).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      hint: expect.stringContaining(`bd config set dolt.port ${server.port}`),
    });
  });

  test('and another project’s database of that name is refused', async () => {
    metadata({ dolt_server_port: deadPort, dolt_database: 'other' });
    rig('other', server.port);
    await expect(openDirectory(options())).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  });
});

describe('what cannot be opened', () => {
  test('a dead server is named, with the command that starts it', async () => {
    metadata({ dolt_server_port: deadPort });
    await expect(openDirectory(options())).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining(`Dolt server unreachable at 127.0.0.1:${deadPort}: `),
      hint: expect.stringContaining('gt dolt start '),
    });
    rig('proj', deadPort);
    await expect(openDirectory(options())).rejects.toMatchObject({
      hint: expect.stringContaining('gt dolt start proj'),
    });
  });

  test('a database that the server does not have any more', async () => {
    beads('last-touched', 'proj-1\n');
    metadata({ dolt_server_port: server.port, dolt_database: 'nope' });
    await expect(openDirectory(options())).rejects.toMatchObject({
      code: 'DATABASE_UNKNOWN',
      message: `database "nope" not found on Dolt server at 127.0.0.1:${server.port}`,
    });
  });

  test('a database that has no beads in it any more', async () => {
    beads('last-touched', 'proj-1\n');
    metadata({ dolt_server_port: server.port, dolt_database: 'bare', project_id: undefined });
    await expect(openDirectory(options())).rejects.toMatchObject({ code: 'NOT_INITIALIZED' });
  });

  test('the database of another project, unless the check is switched off', async () => {
    metadata({ dolt_server_port: server.port, dolt_database: 'other' });
    await expect(openDirectory(options())).rejects.toMatchObject({
      code: 'IDENTITY_MISMATCH',
      message: expect.stringContaining('PROJECT IDENTITY MISMATCH'),
    });
    env['BEADS_SKIP_IDENTITY_CHECK'] = '1';
    expect(await portUsed()).toBe(server.port);
  });

  test('a wrong password, and it is in no message', async () => {
    metadata({ dolt_server_port: server.port });
    env['BEADS_DOLT_PASSWORD'] = 'geheim-123';
    const error: unknown = await openDirectory(options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('geheim');
  });

  test('a schema newer than ours may be read and not be written', async () => {
    const admin = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: 'proj' });
    await admin.query('INSERT INTO schema_migrations (version) VALUES (40)');
    try {
      metadata({ dolt_server_port: server.port });
      await expect(openDirectory(options({ write: true }))).rejects.toMatchObject({ code: 'SCHEMA_UNSUPPORTED' });
      expect(await portUsed({ write: false })).toBe(server.port);
    } finally {
      await admin.query('DELETE FROM schema_migrations WHERE version = 40');
      await admin.end();
    }
  });
});

test('who acts, and whether writes make Dolt commits', async () => {
  metadata({ dolt_server_port: server.port });
  env['BEADS_ACTOR'] = 'agent-7';
  const first = await openDirectory(options());
  expect(first).toMatchObject({
    actor: 'agent-7',
    commitAuthor: 'agent-7 <beads@local>',
    autoCommit: false,
    readonly: false,
    beadsDir: join(project, '.beads'),
  });
  await first.close();
  env['BD_DOLT_AUTO_COMMIT'] = 'on';
  const second = await openDirectory(options({ actor: 'flag', readonly: true }));
  expect(second).toMatchObject({ actor: 'flag', autoCommit: true, readonly: true });
  await second.close();
  const third = await openDirectory(options({ autoCommit: 'batch' }));
  expect(third.autoCommit).toBe(false);
  await third.close();
});

test('a .beads that others can look into gives a warning', async () => {
  metadata({ dolt_server_port: server.port });
  const { chmodSync } = await import('node:fs');
  chmodSync(join(project, '.beads'), 0o755);
  const warnings: string[] = [];
  await portUsed({ onWarning: (text) => warnings.push(text) });
  const dir = join(project, '.beads');
  expect(warnings).toEqual([`Warning: ${dir} has permissions 0755 (recommended: 0700). Run: chmod 700 ${dir}`]);
});

test('by endpoint, without any .beads; usable from many places at once', async () => {
  const opened = await openEndpoint({
    dir: top,
    env,
    purpose: 'test',
    findDolt: () => Promise.reject(new Error('a server needs no dolt')),
    endpoint: { host: '127.0.0.1', port: server.port, user: 'root', tls: false },
    database: 'proj',
  });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => opened.db.query('SELECT ? AS n', [n])));
  expect(answers.map(([row]) => row?.['n'])).toEqual(Array.from({ length: 40 }, (_, n) => n));
  expect(opened.beadsDir).toBeUndefined();
  await opened.close();
  await opened.close();
});

test('--db names a database, a .beads directory or a project', async () => {
  metadata({ dolt_server_port: server.port });
  const elsewhere = join(top, 'elsewhere');
  mkdirSync(elsewhere, { recursive: true });
  for (const db of [join(project, '.beads'), project]) {
    const opened = await openDirectory(options({ dir: elsewhere, db }));
    expect(opened.beadsDir).toBe(join(project, '.beads'));
    await opened.close();
  }
  env['BEADS_SKIP_IDENTITY_CHECK'] = '1';
  const other = await openDirectory(options({ db: 'other' }));
  expect(await other.db.query('SELECT DATABASE() AS name')).toEqual([{ name: 'other' }]);
  await other.close();
});

test('an error about who acts leaves no connection behind', async () => {
  const sockets: Socket[] = [];
  const between = createServer((socket) => {
    sockets.push(socket);
    const onward = connect(server.port, '127.0.0.1');
    for (const each of [socket, onward]) each.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  const port = await testPort();
  await once(between.listen(port, '127.0.0.1'), 'listening');
  try {
    // Refused at once, before the connection is there.
    const refusing = Object.defineProperty({ ...env }, 'BEADS_ACTOR', {
      get: () => {
        throw new Error('nobody acts');
      },
    });
    const opening = openEndpoint({
      dir: project,
      env: refusing,
      purpose: 'test',
      findDolt: () => Promise.reject(new Error('a server needs no dolt')),
      endpoint: { host: '127.0.0.1', port, user: 'root', tls: false },
      database: 'proj',
    });
    await expect(opening).rejects.toThrow('nobody acts');
    await eventually('a connection that came and went', () => sockets.length === 1 && sockets[0]?.destroyed);
  } finally {
    for (const socket of sockets) socket.destroy();
    between.close();
  }
});
