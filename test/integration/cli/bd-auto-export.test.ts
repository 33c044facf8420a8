import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let beadsDir: string;

beforeAll(async () => {
  workspace = makeWorkspace();
  beadsDir = join(workspace.home, '.beads');
  await workspace.bd(['init', '--prefix', 'hm', '--quiet', '--skip-agents']);
});
afterAll(() => workspace.dispose());

const bd = (...args: string[]) => workspace.bd(args);
const titles = () =>
  readFileSync(join(beadsDir, 'issues.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { title: string }).title)
    .sort();

test('export.auto exports after a write, at most once in export.interval, and never reads it back', async () => {
  await bd('create', 'Before');
  expect(existsSync(join(beadsDir, 'issues.jsonl'))).toBe(false);
  await bd('config', 'set', 'export.auto', 'true');
  await bd('list');
  expect(existsSync(join(beadsDir, 'issues.jsonl'))).toBe(false);
  await bd('create', 'First');
  expect(titles()).toEqual(['Before', 'First']);
  await bd('config', 'set', 'export.interval', '1d');
  await bd('create', 'Soon after');
  expect(titles()).toEqual(['Before', 'First']);
  await bd('config', 'set', 'export.interval', '0s');
  await bd('create', 'Later');
  expect(titles()).toEqual(['Before', 'First', 'Later', 'Soon after']);
  const state = readFileSync(join(beadsDir, 'export-state.json'), 'utf8');
  expect(JSON.parse(state)).toMatchObject({ issues: 4, memories: 0, last_dolt_commit: expect.any(String) });
  // What changed nothing exports nothing.
  expect((await bd('create', '')).exitCode).toBe(1);
  const [known] = JSON.parse((await bd('list', '--json', '-n', '1')).stdout) as { id: string; title: string }[];
  await bd('update', known?.id ?? '', '--title', known?.title ?? '');
  expect(readFileSync(join(beadsDir, 'export-state.json'), 'utf8')).toBe(state);
});

test('an export that fails is a warning: the write is done', async () => {
  await bd('config', 'set', 'export.auto', 'true');
  await bd('config', 'set', 'export.path', 'nowhere/issues.jsonl');
  const result = await bd('create', 'Written', '--silent');
  expect(result.exitCode).toBe(0);
  expect(result.stderr).toContain('warning: the automatic export (export.auto) failed: cannot write ');
  expect((await bd('show', result.stdout)).exitCode).toBe(0);
});
