import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterEach, expect, test } from 'vitest';
import { testPort } from '../helpers/ports.ts';
import { makeWorkspace, type RunResult, type Workspace } from '../helpers/workspace.ts';

// "Contributor Onboarding (Clone Bootstrap)" and "Bootstrap Not Running" of the document that the
// project comes from, typed as they stand there, by a contributor with a machine of their own.

const machines: Workspace[] = [];

afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.dispose();
});

function machine(env: NodeJS.ProcessEnv = {}): Workspace {
  const made = makeWorkspace({ GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@local', ...env });
  machines.push(made);
  return made;
}

function git(on: Workspace, cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@local'];
  return execFileSync('git', [...who, ...args], { cwd, env: on.env, encoding: 'utf8', stdio: 'pipe' });
}

async function ok(result: Promise<RunResult>): Promise<RunResult> {
  const ended = await result;
  if (ended.exitCode !== 0) throw new Error(`${ended.command}: ${ended.stdout}${ended.stderr}`);
  return ended;
}

/** The maintainer's project: issues in a Dolt remote, `.beads` in git. */
async function publish(on: Workspace, ...init: string[]): Promise<string> {
  const app = join(on.home, 'app');
  git(on, on.home, 'init', '-q', '-b', 'main', app);
  const bd = (...args: string[]) => ok(on.bd(args, { cwd: app }));
  await bd('init', '--prefix', 'app', ...init);
  await bd('create', 'Fix the login');
  await bd('create', 'Write the guide');
  await bd('vc', 'commit', '-m', 'Begin');
  await bd('dolt', 'remote', 'add', 'origin', `file://${join(on.home, 'issues')}`);
  expect((await bd('dolt', 'push')).stdout).toContain('Push complete.');
  git(on, app, 'add', '-A');
  git(on, app, 'commit', '-q', '-m', 'Begin');
  return app;
}

/** What every contributor types, in both modes. */
async function firstSteps(on: Workspace, cwd: string): Promise<void> {
  const bd = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => ok(on.bd(args, { cwd, env }));
  expect(existsSync(join(cwd, '.beads/dolt'))).toBe(false);
  const shown = await bd(['list'], { BD_DEBUG: '1' });
  for (const title of ['Fix the login', 'Write the guide']) expect(shown.stdout).toContain(title);
  for (const step of ['detected fresh clone', 'acquired lock', 'pulling from the remote', 'verified', 'done']) {
    expect(shown.stderr).toContain(`bootstrap: ${step}`);
  }
  expect((await bd(['vc', 'log'])).stdout).toContain('Initialize data repository');
  expect((await bd(['create', 'Mine'])).stdout).toMatch(/^✓ Created issue: app-\w+ — Mine$/m);
  expect((await bd(['list'], { BD_DEBUG: '1' })).stderr).not.toContain('bootstrap:');
  expect(git(on, cwd, 'status', '--porcelain')).toBe('');
}

test('embedded: the first bd list shows the issues, and after rm -rf .beads/dolt again', async () => {
  const ann = machine();
  const app = await publish(ann);
  const ben = machine();
  const cwd = join(ben.home, 'app');
  git(ben, ben.home, 'clone', '-q', app, cwd);
  await firstSteps(ben, cwd);
  await ok(ben.bd(['dolt', 'push'], { cwd }));

  rmSync(join(cwd, '.beads/dolt'), { recursive: true });
  const again = await ok(ben.bd(['list'], { cwd }));
  for (const title of ['Fix the login', 'Write the guide', 'Mine']) expect(again.stdout).toContain(title);
  await ok(ann.bd(['dolt', 'pull'], { cwd: app }));
  expect((await ok(ann.bd(['list'], { cwd: app }))).stdout).toContain('Mine');
});

test('on a server: the first bd list makes the database there, and rm -rf .beads/dolt harms nothing', async () => {
  const annPort = String(await testPort());
  const ann = machine({ GT_DOLT_PORT: annPort, BEADS_DOLT_SERVER_PORT: annPort });
  await ok(ann.gt(['dolt', 'start']));
  const app = await publish(ann, '--server');
  const benPort = String(await testPort());
  const ben = machine({ GT_DOLT_PORT: benPort, BEADS_DOLT_SERVER_PORT: benPort });
  const cwd = join(ben.home, 'app');
  git(ben, ben.home, 'clone', '-q', app, cwd);

  const refused = await ben.bd(['list'], { cwd });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('gt dolt start');
  await ok(ben.gt(['dolt', 'start']));
  await firstSteps(ben, cwd);
  const connection = await createConnection({
    host: '127.0.0.1',
    port: Number(benPort),
    user: 'root',
    database: 'app',
  });
  const [rows] = await connection.query<RowDataPacket[]>('SELECT title FROM issues ORDER BY title');
  await connection.end();
  expect(rows.map((row) => row['title'])).toEqual(['Fix the login', 'Mine', 'Write the guide']);

  rmSync(join(cwd, '.beads/dolt'), { recursive: true, force: true });
  expect((await ok(ben.bd(['list'], { cwd }))).stdout).toContain('Mine');
});

test('from a linked working tree, twenty commands at once, and with bd bootstrap', async () => {
  const ann = machine();
  const app = await publish(ann);
  const ben = machine();
  const cwd = join(ben.home, 'app');
  git(ben, ben.home, 'clone', '-q', app, cwd);
  const linked = join(ben.home, 'linked');
  git(ben, cwd, 'worktree', 'add', '-q', linked);
  const plan = await ok(ben.bd(['bootstrap', '--dry-run'], { cwd: linked }));
  expect(plan.stdout).toContain('Plan: Clone the issues');
  expect(plan.stdout).toContain(join(ann.home, 'issues'));
  expect(existsSync(join(cwd, '.beads/dolt'))).toBe(false);
  mkdirSync(join(linked, 'src'));
  const places = [linked, join(linked, 'src'), cwd];
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) => ben.bd(['list'], { cwd: places[index % places.length] ?? cwd })),
  );
  for (const { exitCode, stdout, stderr } of results) {
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('Fix the login');
  }
  expect(results.filter(({ stderr }) => stderr.includes('First clone:'))).toHaveLength(1);
  expect((await ok(ben.bd(['bootstrap'], { cwd }))).stdout).toContain('Nothing to do');
});
