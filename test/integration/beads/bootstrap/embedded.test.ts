import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.ts';
import { processesOf } from '../../../helpers/leaks.ts';
import { json, makeWorkspace, type Workspace } from '../../../helpers/workspace.ts';
import { extras, listed, pushToFile, shareProject } from './project.ts';

let workspace: Workspace;

beforeEach(() => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
});

afterEach(() => workspace.dispose());

const bd = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { cwd, env });

/** A project whose issues are in a remote directory. */
async function withFileRemote() {
  const remote = join(workspace.home, 'p-remote');
  const project = await shareProject(workspace, 'p', { remote: `file://${remote}` });
  pushToFile(project, remote);
  return { project, remote };
}

test('twenty first commands at once: one clones, all show the issues', async () => {
  const { project } = await withFileRemote();
  const cwd = project.clone('b');
  const results = await Promise.all(Array.from({ length: 20 }, () => bd(cwd, ['list', '--json'])));
  for (const result of results) {
    expect(result.exitCode, result.stderr).toBe(0);
    expect(json<{ id: string }[]>(result)).toHaveLength(2);
  }
  expect(results.filter(({ stderr }) => stderr.includes('First clone:'))).toHaveLength(1);
  expect(readdirSync(join(cwd, '.beads/dolt')).sort()).toEqual(['.lock.d', 'hm']);
  expect(execFileSync('git', ['status', '--porcelain'], { cwd, encoding: 'utf8' })).toBe('');
});

test('a remote that is not there is an error, leaves nothing, and is tried again', async () => {
  const { project, remote } = await withFileRemote();
  const cwd = project.clone('b');
  renameSync(remote, `${remote}-away`);
  const failed = await bd(cwd, ['list', '--json']);
  expect(failed.exitCode).toBe(1);
  expect(json(failed)).toMatchObject({ code: 'REMOTE_UNREACHABLE', error: expect.stringContaining(remote) });
  expect(extras(cwd)).toEqual([]);
  expect(existsSync(remote)).toBe(false);
  renameSync(`${remote}-away`, remote);
  expect(await listed(workspace, cwd)).toEqual([...project.ids].sort());
});

test('a database that was removed is cloned again; what is configured wrongly is not', async () => {
  const { project } = await withFileRemote();
  const cwd = project.clone('b');
  expect(await listed(workspace, cwd)).toHaveLength(2);
  rmSync(join(cwd, '.beads/dolt'), { recursive: true });
  expect(await listed(workspace, cwd)).toHaveLength(2);
  rmSync(join(cwd, '.beads/dolt'), { recursive: true });
  const metadata = join(cwd, '.beads/metadata.json');
  writeFileSync(metadata, JSON.stringify({ dolt_database: 'hm', project_id: '11111111-1111-4111-8111-111111111111' }));
  const other = await bd(cwd, ['list', '--json']);
  expect(json(other)).toMatchObject({ code: 'IDENTITY_MISMATCH' });
  expect(extras(cwd)).toEqual([]);
});

test.each([
  ['the lock is asked for', /acquiring lock/],
  ['the plan is made', /plan:/],
  ['the clone begins', /pulling from the remote/],
  ['the clone is here', /pulled:/],
  ['it was verified', /verified:/],
  ['it has its place', /put in place/],
])('killed when %s: the next command does it', async (_, line) => {
  const { project } = await withFileRemote();
  const cwd = project.clone('b');
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../../dist/bin/bd.cjs'), 'list'], {
    cwd,
    env: { ...workspace.env, BD_DEBUG: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (line.test(said)) child.kill('SIGKILL');
  });
  await ended;
  expect(said).toMatch(line);
  expect(await listed(workspace, cwd)).toEqual([...project.ids].sort());
  expect(readdirSync(join(cwd, '.beads/dolt')).sort()).toEqual(['.lock.d', 'hm']);
});

/** A `dolt` that has made a part of a clone, says so with a file, and goes on when there is another. */
function haltingDolt(path: string, halted: string, gate: string): string {
  const lines = [
    '#!/bin/sh',
    'if [ "$1" = clone ]; then',
    `  for at; do :; done; mkdir -p "$at/.dolt/noms"; : > '${halted}'`,
    `  while [ ! -e '${gate}' ]; do sleep 0.05; done; rm -r "$at"`,
    'fi',
    `exec '${process.env['GT_DOLT_BIN']}' "$@"`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o755 });
  return path;
}

test('killed while dolt writes the clone: no half database is ever seen', async () => {
  const { project } = await withFileRemote();
  const cwd = project.clone('b');
  const [halted, gate] = [join(workspace.home, 'halted'), join(workspace.home, 'gate')];
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../../dist/bin/bd.cjs'), 'list'], {
    cwd,
    env: { ...workspace.env, GT_DOLT_BIN: haltingDolt(join(workspace.home, 'dolt'), halted, gate) },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const dolt = join(cwd, '.beads/dolt');
  await eventually('the beginning of a clone', () => existsSync(halted));
  child.kill('SIGKILL');
  await ended;
  const draft = readdirSync(dolt).find((name) => name.startsWith('.new-')) ?? '';
  expect(existsSync(join(dolt, draft, 'hm/.dolt'))).toBe(true);
  expect(existsSync(join(dolt, 'hm'))).toBe(false);
  // It lives on, and writes while the next command works.
  writeFileSync(gate, '');
  expect(await listed(workspace, cwd)).toEqual([...project.ids].sort());
  await eventually('the end of what was left', () => processesOf(workspace.home).length === 0);
});

test('issues that git’s origin carries are cloned, also from a linked working tree', async () => {
  const project = await shareProject(workspace, 'p');
  project.dolt('remote', 'add', 'origin', `git+file://${project.origin}`);
  project.dolt('push', 'origin', 'main');
  const cwd = project.clone('b');
  const linked = join(workspace.home, 'linked');
  execFileSync('git', ['worktree', 'add', '-q', linked], { cwd, stdio: 'pipe' });
  const steps = await bd(linked, ['list'], { BD_DEBUG: '1' });
  expect(steps.stderr).toContain(`git+file://${project.origin} (git origin)`);
  expect(await listed(workspace, linked)).toEqual([...project.ids].sort());
  expect(existsSync(join(cwd, '.beads/dolt/hm/.dolt'))).toBe(true);
  expect(existsSync(join(linked, '.beads/dolt'))).toBe(false);
  expect(await listed(workspace, cwd)).toHaveLength(2);
});

test('bd bootstrap in a repository without .beads takes the issues that git’s origin carries', async () => {
  const project = await shareProject(workspace, 'p');
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@local', ...args], { cwd, stdio: 'pipe' });
  git(project.first, 'rm', '-rq', '--cached', '.beads');
  git(project.first, 'commit', '-qm', 'Keep the issues out of the tree');
  git(project.first, 'push', '-q', 'origin', 'HEAD:main');
  const cwd = project.clone('b');
  const none = await bd(cwd, ['bootstrap', '--json']);
  expect(json(none)).toMatchObject({ code: 'NOT_INITIALIZED', hint: expect.stringContaining('bd init') });
  project.dolt('remote', 'add', 'origin', `git+file://${project.origin}`);
  project.dolt('push', 'origin', 'main');
  const plan = await bd(cwd, ['bootstrap', '--dry-run', '--json']);
  expect(json(plan)).toMatchObject({ action: 'sync', remote_from: 'git origin', dry_run: true });
  expect(existsSync(join(cwd, '.beads'))).toBe(false);
  const made = await bd(cwd, ['bootstrap', '--json']);
  expect(json(made), made.stderr).toMatchObject({ action: 'sync', cloned: true, issues: 2 });
  expect(await listed(workspace, cwd)).toEqual([...project.ids].sort());
  expect(json(await bd(cwd, ['bootstrap', '--json']))).toMatchObject({ action: 'none', has_existing: true });
});

test('an origin that cannot be asked is an error, not an empty database', async () => {
  const project = await shareProject(workspace, 'p');
  const cwd = project.clone('b');
  renameSync(project.origin, `${project.origin}-away`);
  const failed = await bd(cwd, ['list', '--json']);
  expect(json(failed)).toMatchObject({ code: 'REMOTE_UNREACHABLE', error: expect.stringContaining(project.origin) });
  expect(extras(cwd)).toEqual([]);
});

test('without any remote: a new database of the same project, and a word about issues.jsonl', async () => {
  const project = await shareProject(workspace, 'p');
  const cwd = project.clone('b');
  writeFileSync(join(cwd, '.beads/issues.jsonl'), '{"id":"hm-zzz","title":"From a file","priority":2}\n');
  const result = await bd(cwd, ['list']);
  expect(result.stdout).toContain('No issues found');
  expect(result.stderr).toContain('made an empty database');
  expect(result.stderr).toContain('bd import');
  expect((await bd(cwd, ['vc', 'log', '--oneline'])).stdout).toMatch(/bd init\n.*Initialize data repository$/);
  expect((await bd(cwd, ['create', 'Mine'])).stdout).toMatch(/Created issue: hm-/);
});

test('a remote without issues, where the project is known: an error that says who has them', async () => {
  const remote = join(workspace.home, 'empty');
  mkdirSync(remote);
  const project = await shareProject(workspace, 'p', { remote: `file://${remote}` });
  const cwd = project.clone('b');
  const failed = await bd(cwd, ['list', '--json']);
  expect(json(failed)).toMatchObject({ code: 'NOT_INITIALIZED', hint: expect.stringContaining('bd dolt push') });
  expect(extras(cwd)).toEqual([]);
});

test('a remote that never answers is given up, and named', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    const url = `git+http://127.0.0.1:${port}/app.git`;
    const project = await shareProject(workspace, 'p', { remote: url });
    const cwd = project.clone('b');
    const failed = await bd(cwd, ['list', '--json'], { BD_DOLT_REMOTE_TIMEOUT: '2s' });
    expect(json(failed)).toMatchObject({ code: 'REMOTE_TIMEOUT', error: expect.stringContaining(url) });
    expect(extras(cwd)).toEqual([]);
    await eventually('the end of what asked it', () =>
      processesOf(workspace.home).every(({ command }) => !command.includes(url.slice('git+'.length))),
    );
  } finally {
    silent.close();
  }
});

test('read-only mode makes no database', async () => {
  const { project } = await withFileRemote();
  const cwd = project.clone('b');
  expect(json(await bd(cwd, ['list', '--readonly', '--json']))).toMatchObject({ code: 'NOT_INITIALIZED' });
  expect(extras(cwd)).toEqual([]);
});

test('bd bootstrap makes no database beside one that holds the issues', async () => {
  const project = await shareProject(workspace, 'p');
  const wrongName = await bd(project.first, ['bootstrap', '--json'], { BEADS_DOLT_SERVER_DATABASE: 'other' });
  expect(json(wrongName)).toMatchObject({ code: 'NOT_INITIALIZED', error: expect.stringContaining('dolt/hm is') });
  expect(existsSync(join(project.first, '.beads/dolt/other'))).toBe(false);
  const cwd = project.clone('b');
  writeFileSync(join(cwd, '.beads/beads.db'), '');
  for (const args of [['bootstrap'], ['bootstrap', '--dry-run']]) {
    expect(json(await bd(cwd, [...args, '--json']))).toMatchObject({ hint: expect.stringContaining('bd migrate') });
  }
  expect(extras(cwd)).toEqual(['beads.db']);
});
