import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

const BD = join(import.meta.dirname, '../../../dist/bin/bd.cjs');

let workspace: Workspace;

beforeAll(async () => {
  workspace = makeWorkspace();
  await workspace.bd(['init', '--prefix', 'hm', '--quiet', '--skip-agents']);
  await workspace.bd(['create', '-f', '-'], {
    input: Array.from({ length: 40 }, (_, index) => `## Issue ${index}\n${'text '.repeat(800)}\n`).join(''),
  });
});
afterAll(() => workspace.dispose());

const shell = (script: string) =>
  spawnSync('bash', ['-c', `bd() { "$NODE" "$BD" "$@"; }; ${script}`], {
    cwd: workspace.home,
    env: { ...workspace.env, NODE: process.execPath, BD },
    encoding: 'utf8',
  });
const issues = async () => JSON.parse((await workspace.bd(['count', '--json'])).stdout).count as number;

describe.runIf(existsSync('/dev/full'))('output that is lost', () => {
  test.each(['list', 'list --json', 'export', 'version', '--help', 'nope --json'])(
    'bd %s > /dev/full fails and says why',
    (command) => {
      const { status, stderr } = shell(`bd ${command} > /dev/full`);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(/^Error: the output cannot be written: no space left on the device\nHint: [^\n]+\n$/);
    },
  );

  test('what was done is done, which the exit code does not hide', async () => {
    const before = await issues();
    expect(shell('bd create Lost > /dev/full').status).toBe(1);
    expect(await issues()).toBe(before + 1);
  });
});

test.each(['export | head -c 1', 'list -n 0 --json | head -c 1', 'list | true'])(
  'bd %s is no failure: nobody wants more',
  (command) => {
    const { stderr, stdout } = shell(`bd ${command}; echo " \${PIPESTATUS[0]}"`);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/ 0\n$/);
  },
);

describe('bd export -o', () => {
  const at = (name: string) => join(workspace.home, name);
  const lines = (path: string) => readFileSync(path, 'utf8').trim().split('\n').length;
  const exportTo = async (name: string) => {
    const result = await workspace.bd(['export', '-o', at(name)]);
    expect(result.stderr).toMatch(/^Exported \d+ issues to /);
    expect(result.exitCode).toBe(0);
  };

  test('writes through symbolic links, and keeps permissions', async () => {
    writeFileSync(at('real.jsonl'), 'old');
    chmodSync(at('real.jsonl'), 0o600);
    symlinkSync('real.jsonl', at('link.jsonl'));
    symlinkSync('link.jsonl', at('links.jsonl'));
    symlinkSync('fresh.jsonl', at('dangling.jsonl'));
    await exportTo('links.jsonl');
    await exportTo('dangling.jsonl');
    for (const name of ['link.jsonl', 'links.jsonl', 'dangling.jsonl']) {
      expect(lstatSync(at(name)).isSymbolicLink()).toBe(true);
    }
    expect(lines(at('real.jsonl'))).toBe(await issues());
    expect(statSync(at('real.jsonl')).mode & 0o777).toBe(0o600);
    expect(lines(at('fresh.jsonl'))).toBe(await issues());
  });

  test('writes into a FIFO', async () => {
    shell('mkfifo fifo');
    const reader = execa('cat', [at('fifo')]);
    await exportTo('fifo');
    expect((await reader).stdout.split('\n')).toHaveLength(await issues());
    expect(lstatSync(at('fifo')).isFIFO()).toBe(true);
  });

  test('writes to what the shell has open', async () => {
    expect(shell('echo before > log; bd export -o /dev/stdout >> log 2> err').status).toBe(0);
    expect(lines(at('log'))).toBe((await issues()) + 1);
  });
});

test('config.yaml may be a link to a file that is kept elsewhere', async () => {
  const config = join(workspace.home, '.beads/config.yaml');
  const kept = join(workspace.home, 'kept.yaml');
  renameSync(config, kept);
  symlinkSync('../kept.yaml', config);
  expect((await workspace.bd(['config', 'set', 'create.require-description', 'false'])).exitCode).toBe(0);
  expect(lstatSync(config).isSymbolicLink()).toBe(true);
  expect(readFileSync(kept, 'utf8')).toContain('create.require-description: false');
});
