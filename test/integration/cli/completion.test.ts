import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
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

describe('zsh', () => {
  /** What the function gives to `_describe`: it is of words that bash reads alike, so bash runs it where zsh is not. */
  async function described(program: 'bd' | 'gt', words: readonly string[]): Promise<string[]> {
    const file = await script(program, 'zsh');
    const all = [program, ...words].map((word, index) => `[${index + 1}]='${word}'`).join(' ');
    const code = `compdef() { :; }; _files() { echo FILES; }; _describe() { printf '%s\\n' "\${items[@]}"; }
      source '${file}'; words=(${all}); CURRENT=${words.length + 1}; _${program}`;
    return execFileSync('bash', ['-c', code], { encoding: 'utf8' }).trim().split('\n');
  }

  test('commands with what they do, flags, and values where they are few', async () => {
    expect(await described('gt', ['dolt', ''])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^start:\w/), expect.stringMatching(/^status:\w/)]),
    );
    expect(await described('bd', ['--actor', 'config', 'init', ''])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^--prefix:\w/)]),
    );
    expect(await described('bd', ['init', '--dolt-auto-commit', ''])).toEqual(['on', 'off', 'batch']);
    expect(await described('bd', ['init', '--prefix', ''])).toEqual(['FILES']);
  });

  test.runIf(has('zsh'))('reads its script', async () => {
    for (const program of ['bd', 'gt'] as const) execFileSync('zsh', ['-n', await script(program, 'zsh')]);
  });
});

describe('fish', () => {
  test('a line for each word and flag, where it may stand', async () => {
    const text = readFileSync(await script('bd', 'fish'), 'utf8');
    expect(text).toContain(`complete -c bd -n "__bd_at ''" -f -a 'config' -d `);
    expect(text).toContain(`complete -c bd -n "__bd_at 'config'" -f -a 'get' -d `);
    expect(text).toMatch(/^complete -c bd -n "__bd_at 'config get'" -l actor -r -d '.+'$/m);
    const lines = text.split('\n').filter((line) => line.startsWith('complete '));
    expect(lines.length).toBeGreaterThan(200);
    // Every quote is closed on its line, and nothing stands outside of quotes that fish would expand.
    for (const line of lines) {
      expect(line).toMatch(/^complete -c bd -n "__bd_at '[\w -]*'"(?: -[a-z](?: (?:[\w-]+|'[^']*'))?)+$/);
    }
    const opened = text.match(/^\s*(?:function|for|if) /gm) ?? [];
    expect(text.match(/^\s*end$/gm)).toHaveLength(opened.length);
  });

  test.runIf(has('fish'))('reads its script', async () => {
    for (const program of ['bd', 'gt'] as const) execFileSync('fish', ['-n', await script(program, 'fish')]);
  });
});

test('an unknown shell is a usage error; an unknown flag gets the nearest one', async () => {
  expect((await workspace.bd(['completion', 'tcsh'])).exitCode).toBe(2);
  const wrong = await workspace.bd(['init', '--prefx', 'hm']);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('did you mean --prefix?');
});
