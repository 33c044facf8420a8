import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { testPort } from '../../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';
import { legacyProject } from '../beads-migrate/legacy-project.ts';

interface Check {
  name: string;
  status: string;
  message: string;
}

let workspace: Workspace;
let server: BareServer;
let cwd: string;

beforeAll(async () => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  cwd = join(workspace.home, 'project');
  mkdirSync(cwd);
  await bd('init', '--prefix', 'hm', '--skip-agents', '--server', '--server-port', String(server.port));
  await bd('create', 'Epic', '--type', 'epic', '--id', 'hm-e');
  await bd('create', 'Child', '--parent', 'hm-e');
  await bd('create', 'Other', '--id', 'hm-o', '--deps', 'hm-e.1');
});

afterAll(async () => {
  await server.stop();
  await workspace.dispose();
});

const bd = (...args: string[]) => workspace.bd(args, { cwd });

const GO_SERVER_CHECKS = [
  'Server Reachable',
  'Database Exists',
  'Schema Compatible',
  'Connection Pool',
  'Stale Databases',
];

test('--deep --json has the keys of the Go bd', async () => {
  const document = json(await bd('doctor', '--deep', '--json'));
  expect(document).toMatchObject({
    parent_consistency: { name: 'Parent Consistency', status: 'ok' },
    dependency_integrity: { name: 'Dependency Integrity', status: 'ok' },
    epic_completeness: { name: 'Epic Completeness', status: 'ok' },
    mail_thread_integrity: { name: 'Mail Thread Integrity', status: 'ok' },
    all_checks: [{}, {}, {}, {}],
    total_issues: 3,
    total_dependencies: 2,
    overall_ok: true,
  });
  expect(document).not.toHaveProperty('totals');
  expect(json(await bd('doctor', '--json'))).not.toHaveProperty('all_checks');
});

test('an epic whose children are closed, and a reply to a message that is not there', async () => {
  await bd('close', 'hm-e.1');
  const sql = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: 'hm' });
  await sql.query("UPDATE dependencies SET thread_id = 'hm-gone' WHERE issue_id = 'hm-o'");
  await sql.end();
  const result = await bd('doctor', '--deep', '--json');
  expect(result.exitCode).toBe(0);
  expect(json(result)).toMatchObject({
    epic_completeness: { status: 'warning', detail: 'hm-e' },
    mail_thread_integrity: { status: 'warning', detail: 'hm-o: hm-gone' },
    overall_ok: true,
  });
});

test('--server --json has the checks of the Go bd; the text says each thing once', async () => {
  const { checks } = json<{ checks: Check[] }>(await bd('doctor', '--server', '--json'));
  const names = checks.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([...GO_SERVER_CHECKS, 'Dolt Version']));
  expect((await bd('doctor', '--server')).stdout).not.toContain('Server Reachable');
  const one = json<{ checks: Check[] }>(await bd('doctor', '--server', '--check', 'database-exists', '--json'));
  expect(one.checks).toMatchObject([{ name: 'Database Exists', status: 'ok' }]);
});

test('a server that is away, and one without the database', async () => {
  const server_checks = async (env: NodeJS.ProcessEnv) => {
    const result = await workspace.bd(['doctor', '--server', '--json'], { cwd, env });
    expect(result.exitCode).toBe(1);
    const found = json<{ checks: Check[] }>(result).checks.filter(({ name }) => GO_SERVER_CHECKS.includes(name));
    return found.map(({ name, status }) => `${name}: ${status}`);
  };
  const port = String(await testPort());
  expect(await server_checks({ BEADS_DOLT_SERVER_PORT: port })).toEqual(['Server Reachable: error']);
  expect(await server_checks({ BEADS_DOLT_SERVER_DATABASE: 'nowhere' })).toEqual([
    'Server Reachable: ok',
    'Database Exists: error',
  ]);
});

test('migrate --inspect of issues in SQLite says what would go over, and takes nothing over', async () => {
  const project = legacyProject(workspace, 3);
  const inspected = await project.bd('migrate', '--inspect', '--json');
  expect(inspected.exitCode).toBe(0);
  expect(json(inspected)).toEqual(json(await project.bd('migrate', '--to-dolt', '--dry-run', '--json')));
  expect(json(await project.bd('migrate', '--inspect', '--to-dolt', '--json'))).toEqual(json(inspected));
  expect(json(await project.bd('migrate', '--json'))).toMatchObject({ backend: 'sqlite' });
});
