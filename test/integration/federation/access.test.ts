import { createDecipheriv } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPeer, beginProject, type FederationTown, makeFederationTown } from '../../helpers/federation-town.ts';
import { startGateProxy } from '../../helpers/gate-proxy.ts';
import { filesWith } from '../../helpers/leaks.ts';
import { makeTwoTowns, type TwoTowns } from '../../helpers/two-towns.ts';
import { json, type RunResult, type Workspace } from '../../helpers/workspace.ts';

let towns: TwoTowns;
let workspace: Workspace;
let alpha: FederationTown;
let beta: FederationTown;

beforeAll(async () => {
  towns = await makeTwoTowns({
    oneWay: true,
    first: async (town) => void (await town.run('create', 'Shared', '--id', 'hm-s1')),
  });
  ({ workspace, alpha, beta } = towns);
});

afterAll(() => towns.dispose());

interface Failed {
  in_sync: boolean;
  results: { Error: string; Code: string; Hint: string }[];
}

async function syncFailure(peer: string): Promise<Failed['results'][number]> {
  const result = await alpha.bd(['federation', 'sync', peer, '--json']);
  const { in_sync, results } = json<Failed>(result);
  expect([result.exitCode, in_sync]).toEqual([1, false]);
  const [first] = results;
  if (!first) throw new Error(result.stdout);
  return first;
}

function setCredentials(user: string, password: string): Promise<RunResult> {
  return alpha.bd(['federation', 'set-credentials', 'beta', '--user', user, '--password-stdin'], { input: password });
}

test('a wrong password, a user without rights, one that may not push', async () => {
  await alpha.run('create', 'Not there yet');
  const before = await beta.issueTables();
  await setCredentials(beta.user, 'wrong-password-91');
  expect(await syncFailure('beta')).toMatchObject({
    Code: 'ACCESS_DENIED',
    Error: expect.stringContaining('Access denied'),
  });
  const status = json<{ peers: { Reachable: boolean; Authenticated: boolean }[] }>(
    await alpha.bd(['federation', 'status', '--json']),
  );
  expect(status.peers[0]).toMatchObject({ Reachable: true, Authenticated: false });

  const { checks } = json<{ checks: { name: string; status: string }[] }>(
    await alpha.bd(['doctor', '--deep', '--json']),
  );
  expect(checks.find(({ name }) => name === 'Federation')).toMatchObject({ status: 'warning' });

  await beta.sql("CREATE USER 'plain'@'%' IDENTIFIED BY 'plain-pass-3'");
  await setCredentials('plain', 'plain-pass-3');
  expect(await syncFailure('beta')).toMatchObject({
    Code: 'ACCESS_DENIED',
    Hint: expect.stringContaining('GRANT CLONE_ADMIN'),
  });
  await beta.sql("GRANT CLONE_ADMIN ON *.* TO 'plain'@'%'");
  expect(await syncFailure('beta')).toMatchObject({
    Code: 'ACCESS_DENIED',
    Hint: expect.stringContaining('GRANT SUPER'),
  });
  expect(await beta.issueTables()).toBe(before);
  await setCredentials(beta.user, beta.password);
  await alpha.run('federation', 'sync');
  expect(await beta.issueTables()).toBe(await alpha.issueTables());
});

test('a password comes from standard input or the environment, and where there is neither it is asked for', async () => {
  const args = ['federation', 'add-peer', 'env', 'http://127.0.0.1:9/beads', '--user', 'u'];
  const without = await alpha.bd(args);
  expect([without.exitCode, without.stderr]).toEqual([1, expect.stringContaining('--password-stdin')]);
  expect((await alpha.bd(args, { env: { DOLT_REMOTE_PASSWORD: 'from-env-5' } })).exitCode).toBe(0);
  const [row] = await alpha.sql(
    "SELECT HEX(password_encrypted) AS secret FROM beads.federation_peers WHERE name = 'env'",
  );
  // The format of the Go bd: nonce of 12 bytes, ciphertext, tag of 16; AES-256-GCM with the raw key.
  const secret = Buffer.from(String(row?.['secret']), 'hex');
  const key = readFileSync(join(alpha.directory, '.beads/.beads-credential-key'));
  const decipher = createDecipheriv('aes-256-gcm', key, secret.subarray(0, 12)).setAuthTag(secret.subarray(-16));
  const text = Buffer.concat([decipher.update(secret.subarray(12, -16)), decipher.final()]).toString();
  expect([key.length, text]).toEqual([32, 'from-env-5']);
  await alpha.run('federation', 'remove-peer', 'env');
  expect(await alpha.sql("SELECT name FROM beads.dolt_remotes WHERE name = 'env'")).toEqual([]);
  expect((await alpha.bd(['federation', 'add-peer', 'x', 'h:1/b', '--password', 'x'])).exitCode).toBe(2);
});

test('a lost key, another key and one that others can read are told as such, by doctor too', async () => {
  const path = join(alpha.directory, '.beads/.beads-credential-key');
  const told = async (): Promise<string[]> => {
    const report = json<{ checks: { name: string; status: string; detail?: string }[] }>(
      await alpha.bd(['doctor', '--json']),
    );
    const check = report.checks.find(({ name }) => name === 'Peer Credentials');
    return [check?.status ?? 'no check', check?.detail ?? ''];
  };
  expect(await told()).toEqual(['ok', '']);
  renameSync(path, `${path}.away`);
  expect((await syncFailure('beta')).Error).toContain('is lost');
  expect(await told()).toEqual(['warning', expect.stringContaining('beta')]);
  expect((await told())[1]).toContain('is lost');
  writeFileSync(path, Buffer.alloc(32, 7), { mode: 0o600 });
  expect((await syncFailure('beta')).Error).toContain('encrypted with another key');
  expect((await told())[1]).toContain('encrypted with another key');
  renameSync(`${path}.away`, path);
  chmodSync(path, 0o644);
  expect((await syncFailure('beta')).Error).toContain('other users may read');
  expect((await told())[1]).toContain(`chmod 600 ${path}`);
  chmodSync(path, 0o600);
  await alpha.run('federation', 'sync');
  expect(await told()).toEqual(['ok', '']);

  // Credentials of the Go bd are in the table only.
  const stored = join(alpha.directory, '.beads/federation/beads/credentials.json');
  renameSync(stored, `${stored}.away`);
  expect(await told()).toEqual(['ok', '']);
  await alpha.run('federation', 'sync');
  renameSync(`${stored}.away`, stored);
});

test('names and addresses that are SQL, options or paths are refused, and nothing happens', async () => {
  const before = await alpha.issueTables();
  const bad = [
    ["x'); DROP TABLE issues; --", 'h:1/b'],
    ['../../etc', 'h:1/b'],
    ['-f', 'h:1/b'],
    ['origin', 'h:1/b'],
    ['ok', "http://h:1/b'); DROP TABLE issues; --"],
    ['ok', '--upload-pack=x'],
    ['ok', 'http://user:secret@h:1/b'],
    ['ok', 'javascript://x/y'],
    ['ok', '/etc/passwd'],
    ['ok', 'http://h:1/'],
  ];
  for (const [name = '', url = ''] of bad) {
    const result = await alpha.bd(['federation', 'add-peer', '--json', '--', name, url]);
    expect([name, url, result.exitCode, json(result)['code']]).toEqual([name, url, 1, 'VALIDATION']);
  }
  // One that another tool made.
  await alpha.sql('USE beads');
  await alpha.sql("CALL DOLT_REMOTE('add', '1bad', 'http://127.0.0.1:9/b')");
  expect((await alpha.bd(['federation', 'status', "1bad' OR '1'='1"])).exitCode).toBe(1);
  await alpha.run('federation', 'remove-peer', '1bad');
  expect(await alpha.issueTables()).toBe(before);
});

test('a peer of another project, and one with a newer schema, are refused before anything merges', async () => {
  const gamma = await makeFederationTown(workspace, 'gamma');
  try {
    await beginProject(gamma);
    await gamma.run('create', 'Of another project');
    await gamma.run('vc', 'commit', '-m', 'x');
    await addPeer(alpha, gamma);
    const before = [await alpha.issueTables(), await gamma.issueTables()];
    expect(await syncFailure('gamma')).toMatchObject({ Code: 'IDENTITY_MISMATCH' });
    await gamma.sql('USE beads');
    await gamma.sql('INSERT INTO schema_migrations VALUES (99)');
    await gamma.sql("CALL DOLT_COMMIT('-Am', 'newer')");
    expect(await syncFailure('gamma')).toMatchObject({ Code: 'SCHEMA_UNSUPPORTED' });
    expect([await alpha.issueTables(), await gamma.issueTables()]).toEqual(before);
    expect(await alpha.sql("SELECT name FROM beads.dolt_remote_branches WHERE name LIKE '%gamma%'")).toEqual([]);
    await alpha.run('federation', 'remove-peer', 'gamma');
  } finally {
    await gamma.dispose();
  }
});

test('no password in any argument, environment of the server, output or file', async () => {
  const gate = await startGateProxy(beta.remotesapiPort);
  const add = ['federation', 'add-peer', 'watched', `127.0.0.1:${gate.port}/beads`, '--user', beta.user];
  expect((await alpha.bd([...add, '--password-stdin'], { input: beta.password })).exitCode).toBe(0);
  await alpha.run('federation', 'sync');
  await alpha.run('create', 'Secret sync');
  const seen: string[] = [];
  let over = false;
  gate.shut();
  const watching = (async () => {
    while (!over) {
      const waits = gate.waiting > 0;
      const now = (await execa('ps', ['-eo', 'args', '-ww'])).stdout;
      seen.push(now);
      // The program that talks with the peer has been seen: it may go on.
      if (waits && now.includes('--use-db clone')) gate.open();
    }
  })();
  const outputs = [
    await alpha.bd(['federation', 'sync', '--verbose']),
    await alpha.bd(['federation', 'status', '--json']),
    await alpha.bd(['federation', 'list-peers', '--json']),
  ];
  over = true;
  await watching;
  expect(outputs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect(seen.some((text) => text.includes('--use-db clone'))).toBe(true);
  const environment = readFileSync(`/proc/${alpha.server.pid}/environ`, 'utf8');
  const said = outputs.map(({ stdout, stderr }) => stdout + stderr);
  for (const text of [...seen, environment, ...said]) expect(text).not.toContain(beta.password);
  expect(filesBelow(workspace.home).length).toBeGreaterThan(100);
  expect(filesWith(workspace.home, beta.password)).toEqual([]);
  const own = filesBelow(join(alpha.directory, '.beads/federation')).filter(
    (file) => !/\/(?:clone\w*|relay-\w+|\.doltcfg)\//.test(file),
  );
  for (const file of own) expect([file, statSync(file).mode & 0o077]).toEqual([file, 0]);
  expect(statSync(join(alpha.directory, '.beads/federation')).mode & 0o077).toBe(0);
  await alpha.run('federation', 'remove-peer', 'watched');
  await gate.close();
});

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
