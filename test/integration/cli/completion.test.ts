import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = makeWorkspace();
});

afterAll(() => workspace.dispose());

const has = (shell: string) => spawnSync(shell, ['--version']).error === undefined;

async function script(program: 'bd' | 'gt', shell: string): Promise<string> {
  const result = await workspace[program](['completion', shell]);
  expect(result.exitCode).toBe(0);
  const file = join(workspace.home, `${program}.${shell}`);
  writeFileSync(file, `${result.stdout}\n`);
  return file;
}

/** What bash itself offers after these words; the last one is being typed. */
async function offered(program: 'bd' | 'gt', words: readonly string[]): Promise<string[]> {
  const file = await script(program, 'bash');
  const all = [program, ...words].map((word) => `'${word}'`).join(' ');
  const code = `source '${file}'; COMP_WORDS=(${all}); COMP_CWORD=${words.length}; _${program}; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', code], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}

describe('bash', () => {
  test('commands, topics and their commands', async () => {
    expect(await offered('bd', ['conf'])).toEqual(['config']);
    expect(await offered('bd', ['config', ''])).toEqual(expect.arrayContaining(['get', 'set', 'unset', 'validate']));
    expect(await offered('gt', ['do'])).toEqual(['dolt']);
    expect(await offered('gt', ['dolt', 'st'])).toEqual(expect.arrayContaining(['start', 'status', 'stop']));
  });

  test('flags of the command, global flags before its name passed over', async () => {
    expect(await offered('bd', ['init', '--pre'])).toEqual(['--prefix']);
    expect(await offered('bd', ['--actor', 'config', '--json', 'init', '--ser'])).toEqual(
      expect.arrayContaining(['--server', '--server-port']),
    );
    expect(await offered('bd', ['config', 'get', '--actor', 'x', '--js'])).toEqual(['--json']);
  });

  test('the values of a flag or an argument where they are few; else nothing of ours', async () => {
    expect(await offered('bd', ['init', '--dolt-auto-commit', ''])).toEqual(['on', 'off', 'batch']);
    expect(await offered('bd', ['completion', 'z'])).toEqual(['zsh']);
    expect(await offered('bd', ['init', '--prefix', ''])).toEqual([]);
  });
});

test.each(['zsh', 'fish'])('%s reads its script', async (shell) => {
  for (const program of ['bd', 'gt'] as const) {
    const file = await script(program, shell);
    if (has(shell)) execFileSync(shell, ['-n', file], { stdio: 'pipe' });
  }
});

test('an unknown shell is a usage error; an unknown flag gets the nearest one', async () => {
  expect((await workspace.bd(['completion', 'tcsh'])).exitCode).toBe(2);
  const wrong = await workspace.bd(['init', '--prefx', 'hm']);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('did you mean --prefix?');
});
