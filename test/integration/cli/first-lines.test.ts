import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

const PROGRAM = join(import.meta.dirname, '../../../dist/bin/bd.cjs');
let workspace: Workspace;
let project: string;

beforeAll(async () => {
  workspace = makeWorkspace();
  project = join(workspace.home, 'a project');
  mkdirSync(project);
  await workspace.bd(['init', '--prefix', 'app', '--skip-agents'], { cwd: project });
  await workspace.bd(['create', 'An issue', '--id', 'app-1'], { cwd: project });
  // Which environment the programs have that bd starts.
  writeFileSync(join(workspace.home, 'editor'), '#!/bin/sh\nenv > "$HOME/environment"\n', { mode: 0o755 });
});

afterAll(() => workspace.dispose());

/** Run as the program that it is, as a shell does. */
function run(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = '') {
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  return execa(PROGRAM, args, {
    cwd: project,
    env: { ...workspace.env, PATH, ...env },
    extendEnv: false,
    reject: false,
    input,
  });
}

async function environmentOfEditor(env: NodeJS.ProcessEnv): Promise<string[]> {
  const edited = await run(['edit', 'app-1'], { EDITOR: join(workspace.home, 'editor'), ...env });
  expect(edited.stderr).not.toContain('Error');
  return readFileSync(join(workspace.home, 'environment'), 'utf8').split('\n');
}

test('arguments, stdin and the exit code are what they are under node', async () => {
  const title = `a "quoted" $HOME; \\ 'title' *`;
  const created = await run(['create', title, '--body-file', '-', '--json'], {}, 'line 1\nline 2');
  expect(JSON.parse(created.stdout)).toMatchObject({ title, description: 'line 1\nline 2' });
  expect((await run(['show', 'app-none'])).exitCode).toBe(1);
  expect((await run(['no-such-command'])).exitCode).toBe(2);
});

test('Node does not read the authorities that no connection needs', async () => {
  const missing = join(workspace.home, 'missing.pem');
  const asNode = await workspace.bd(['version'], { env: { NODE_EXTRA_CA_CERTS: missing } });
  const asProgram = await run(['version'], { NODE_EXTRA_CA_CERTS: missing });
  expect(asProgram.stdout).toBe(asNode.stdout);
  expect(asProgram.stderr).toBe('');
});

test('programs that are started get NODE_EXTRA_CA_CERTS as it was', async () => {
  const file = join(workspace.home, 'authorities with spaces.pem');
  writeFileSync(file, '');
  const environment = await environmentOfEditor({ NODE_EXTRA_CA_CERTS: file });
  expect(environment).toContain(`NODE_EXTRA_CA_CERTS=${file}`);
  expect(environment).toContain(`GT_EXTRA_CA_CERTS=${file}`);
});

test('nothing is set where nothing was', async () => {
  const environment = await environmentOfEditor({ GT_EXTRA_CA_CERTS: '/of/an/outer/program' });
  expect(environment.filter((line) => line.includes('EXTRA_CA_CERTS'))).toEqual([]);
});

test('options of Node about authorities leave it to Node', async () => {
  const file = join(workspace.home, 'more.pem');
  writeFileSync(file, '');
  const env = { NODE_EXTRA_CA_CERTS: file, NODE_OPTIONS: '--use-openssl-ca' };
  const found = (await environmentOfEditor(env)).filter((line) => line.includes('EXTRA_CA_CERTS'));
  expect(found).toEqual([`NODE_EXTRA_CA_CERTS=${file}`]);
});
