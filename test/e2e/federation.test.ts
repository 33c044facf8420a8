import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makeCertificate } from '../../src/dolt/make-certificate.ts';
import { townPaths } from '../../src/town/data-dir.ts';
import { testPort } from '../helpers/ports.ts';
import { bdOnTerminal, hasTerminal } from '../helpers/terminal.ts';
import { json, makeWorkspace, type RunOptions, type Workspace } from '../helpers/workspace.ts';

// The Federation section of the document that the project comes from, and of docs/federation.md,
// typed as it stands there, by two users with empty HOMEs.

interface Town {
  readonly workspace: Workspace;
  readonly project: string;
  /** Of its remotesapi. */
  readonly address: string;
  readonly ca: string;
  readonly password: string;
  gt(...args: string[]): Promise<string>;
  bd(...args: string[]): Promise<string>;
}

let alpha: Town;
let beta: Town;

beforeAll(async () => {
  alpha = await makeTown('word-of-alpha-81');
  beta = await makeTown('word-of-beta-27');
});

afterAll(async () => {
  await alpha.workspace.dispose();
  await beta.workspace.dispose();
});

async function makeTown(password: string): Promise<Town> {
  const workspace = makeWorkspace();
  const project = join(workspace.home, 'project');
  mkdirSync(project);
  const must = async (program: 'gt' | 'bd', args: string[], options: RunOptions = {}) => {
    const { exitCode, stdout, stderr } = await workspace[program](args, { cwd: project, ...options });
    if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${exitCode}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const [port, remotesapi] = [await testPort(), await testPort()];
  await must('gt', ['dolt', 'start', '--federation', '--port', String(port), '--remotesapi-port', String(remotesapi)]);
  await must('gt', ['dolt', 'user', 'add', 'sync-bot', '--sync', '--password-stdin'], { input: `${password}\n` });
  return {
    ...{ workspace, project, password },
    address: `127.0.0.1:${remotesapi}/beads`,
    ca: join(workspace.dataDir, '.gt/tls/ca.pem'),
    gt: (...args) => must('gt', args),
    bd: (...args) => must('bd', args),
  };
}

/** With the password typed where there is a terminal. */
async function addPeer(town: Town, name: string, peer: Town): Promise<void> {
  await town.bd('config', 'set', 'federation.ca', peer.ca);
  const args = ['federation', 'add-peer', name, peer.address, '--user', 'sync-bot'];
  if (!hasTerminal) {
    const { exitCode } = await town.workspace.bd([...args, '--password-stdin'], {
      cwd: town.project,
      input: peer.password,
    });
    expect(exitCode).toBe(0);
    return;
  }
  const where = { cwd: town.project, env: town.workspace.env };
  const { exitCode, shown } = await bdOnTerminal(args, where, [[/Password of sync-bot at .*: /, peer.password]]);
  expect([exitCode, shown]).toEqual([0, expect.stringContaining(`Added peer ${name}`)]);
  expect(shown).not.toContain(peer.password);
}

async function titles(town: Town): Promise<string[]> {
  const issues = JSON.parse(await town.bd('list', '--json')) as { title: string }[];
  return issues.map(({ title }) => title).sort();
}

test('two towns: add a peer, sync, handle a conflict, look at the status', async () => {
  await alpha.bd('init', '--rig', 'beads', '--prefix', 'hm');
  await alpha.bd('create', 'From town alpha', '--id', 'hm-a1');
  await addPeer(alpha, 'town-beta', beta);
  expect(await alpha.bd('federation', 'sync')).toMatch(/Fetched[\s\S]*Pushed[\s\S]*In sync at/);

  await beta.bd('init', '--rig', 'beads', '--prefix', 'hm');
  await addPeer(beta, 'town-alpha', alpha);
  await beta.bd('create', 'From town beta', '--id', 'hm-b1');
  expect(await beta.bd('federation', 'sync')).toContain('In sync at');
  expect(await titles(alpha)).toEqual(['From town alpha', 'From town beta']);
  expect(await titles(beta)).toEqual(await titles(alpha));

  // The same field in both.
  await alpha.bd('update', 'hm-a1', '--title', 'Alpha says');
  await beta.bd('update', 'hm-a1', '--title', 'Beta says');
  await beta.bd('vc', 'commit', '-m', 'said');
  const stopped = await alpha.workspace.bd(['federation', 'sync'], { cwd: alpha.project });
  expect([stopped.exitCode, stopped.stdout]).toEqual([
    1,
    expect.stringMatching(/ours: +Alpha says\n +theirs: +Beta says/),
  ]);
  expect(await alpha.bd('federation', 'sync', '--strategy', 'theirs')).toContain('Resolved 1 conflicts');
  expect(await titles(alpha)).toEqual(['Beta says', 'From town beta']);

  expect(await alpha.bd('federation', 'status')).toMatch(/town-beta[\s\S]*✓ Reachable[\s\S]*in sync/);
  const doctor = JSON.parse(await alpha.bd('doctor', '--deep', '--json')) as {
    checks: { name: string; status: string }[];
  };
  const federation = doctor.checks.filter(({ name }) => name === 'Federation' || name === 'Peer Credentials');
  expect(federation.map(({ status }) => status)).toEqual(['ok', 'ok']);
});

test.runIf(hasTerminal)('resolve asks for each issue on the terminal', async () => {
  for (const id of ['hm-a1', 'hm-b1']) {
    await alpha.bd('update', id, '--title', `Alpha on ${id}`);
    await beta.bd('update', id, '--title', `Beta on ${id}`);
  }
  await beta.bd('vc', 'commit', '-m', 'said');
  const where = { cwd: alpha.project, env: alpha.workspace.env };
  const { exitCode, shown } = await bdOnTerminal(['federation', 'resolve', 'town-beta'], where, [
    [/hm-\w+: keep \[o\]urs, take \[t\]heirs, or \[q\]uit\? /, 't'],
    [/hm-\w+: keep \[o\]urs, take \[t\]heirs, or \[q\]uit\? /, 'o'],
  ]);
  expect([exitCode, shown]).toEqual([0, expect.stringContaining('In sync')]);
  const [first, second] = [...shown.matchAll(/(hm-\w+): keep/g)].map(([, id]) => id);
  expect(await titles(alpha)).toEqual([`Alpha on ${second}`, `Beta on ${first}`].sort());
  expect(await titles(beta)).toEqual(await titles(alpha));
});

test('a man in the middle with a certificate of another authority is refused, and learns nothing', async () => {
  const heard: Buffer[] = [];
  const foreign = townPaths(join(alpha.workspace.home, 'foreign'));
  const { cert, key } = await makeCertificate(foreign, 'beads', ['localhost', '127.0.0.1']);
  const file = (path: string) => readFileSync(join(foreign.dataDir, path));
  const [host = '', port = ''] = (beta.address.split('/')[0] ?? '').split(':');
  const middle = createServer({ cert: file(cert), key: file(key), ALPNProtocols: ['h2'] }, (client) => {
    const upstream = connect({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    client.on('data', (chunk) => heard.push(chunk)).on('error', () => undefined);
    client.pipe(upstream).on('error', () => undefined);
    upstream.pipe(client);
  }).listen(0, '127.0.0.1');
  await once(middle, 'listening');
  onTestFinished(() => void middle.close());
  const address = middle.address();
  const at = typeof address === 'object' && address ? address.port : 0;
  const add = ['federation', 'add-peer', 'middle', `127.0.0.1:${at}/beads`, '--user', 'sync-bot', '--password-stdin'];
  const added = await alpha.workspace.bd(add, { cwd: alpha.project, input: beta.password });
  expect([added.exitCode, added.stdout]).toEqual([0, expect.stringContaining(`https://127.0.0.1:${at}/beads`)]);
  for (const command of ['sync', 'status']) {
    const refused = await alpha.workspace.bd(['federation', command, 'middle', '--json'], { cwd: alpha.project });
    expect(refused.stdout).toMatch(/certificate is not trusted/);
    expect(refused.stdout).toMatch(/federation\.ca/);
  }
  expect(Buffer.concat(heard).toString('latin1')).toBe('');
  await alpha.bd('federation', 'remove-peer', 'middle');
});

test('an address whose scheme is wrong, or cannot be known, is told', async () => {
  const run = (args: string[], input = '') =>
    alpha.workspace.bd(['federation', ...args], { cwd: alpha.project, input });
  const nobody = `127.0.0.1:${await testPort()}/beads`;
  const added = await run(['add-peer', 'nobody', nobody, '--user', 'u', '--password-stdin'], beta.password);
  // A password must not be sent in clear text because the peer was down when it was added.
  expect([added.stdout, added.stderr]).toEqual([
    expect.stringContaining(`https://${nobody}`),
    expect.stringContaining('nobody answers'),
  ]);
  await run(['add-peer', 'plain', `http://${beta.address}`]);
  const refused = await run(['sync', 'plain']);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('add it again as https://')]);
  for (const name of ['nobody', 'plain']) expect((await run(['remove-peer', name])).exitCode).toBe(0);
});

test('no password of a peer is in a log, or shown', async () => {
  for (const [town, { password }] of [
    [alpha, beta],
    [beta, alpha],
  ] as const) {
    for (const file of ['supervisor.log', 'logs/beads.log']) {
      expect(readFileSync(join(town.workspace.dataDir, '.gt', file), 'utf8')).not.toContain(password);
    }
    expect(json(await town.workspace.bd(['federation', 'list-peers', '--json'], { cwd: town.project }))).toBeDefined();
    expect(await town.bd('sql', 'SELECT * FROM federation_peers')).not.toContain(password);
  }
});
