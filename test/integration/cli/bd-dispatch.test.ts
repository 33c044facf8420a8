import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = makeWorkspace();
});

afterAll(() => workspace.dispose());

test.each([
  [['version', '--json']],
  [['--json', 'version']],
  [['--actor', 'version', '--json', 'version']],
  [['--dolt-auto-commit', 'off', 'version', '--json']],
  [['-C', '.', '-q', 'version', '--json', '--readonly']],
  [['--db=version', 'version', '--json']],
])('global flags stand before or after the name: bd %j', async (args) => {
  const result = await workspace.bd(args);
  expect(result.exitCode).toBe(0);
  expect(json(result)).toEqual({ build: 'gastown-dolt', schema_version: 1, version: expect.any(String) });
});

test.each([
  [['versio', '--json'], 'unknown command "versio" for "bd"', /bd version/],
  [['LIST', '--json'], 'unknown command "LIST" for "bd"', /bd list/],
  [['lebel', 'add', '--json'], 'unknown command "lebel" for "bd"', /bd label add/],
  [['config', 'lst', '--json'], 'unknown command "config lst" for "bd"', /bd config list/],
  [['config', 'zzzzz', '--json'], 'unknown command "config zzzzz" for "bd"', /bd config --help/],
  [['--json', '--db'], 'Flag --db expects a value', /bd --help/],
  [['create', 'x', '-e', 'long', '--json'], '--estimate: Expected an integer but received: long', /bd create --help/],
  [['edit', '--json'], 'Missing id: id of the issue', /bd edit --help/],
  [['edit', 'x', '--title', '--notes', '--json'], '--notes cannot also be provided when using --title', /bd edit/],
  [['--bogus', '--json'], 'Nonexistent flag: --bogus', /bd --help/],
  [['--json', '--actor', 'ann', '--verison'], 'Nonexistent flag: --verison', /did you mean --version\?/],
  [['--json', 'version', '--bogus'], /bogus/, /bd version --help/],
  [['version', '--dolt-auto-commit', 'maybe', '--json'], /dolt-auto-commit/, /bd version --help/],
])('bd %j is a usage error: one document on stdout, exit 2', async (args, message, hint) => {
  const result = await workspace.bd(args);
  expect(result.exitCode).toBe(2);
  expect(Object.keys(json(result))).toEqual(['code', 'error', 'hint', 'schema_version']);
  expect(json(result)).toMatchObject({
    code: 'USAGE',
    error: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
    schema_version: 1,
  });
});

test.each([
  [['version', '--json=true'], true],
  [['--json=1', 'version'], true],
  [['version', '--json=false'], false],
  [['version', '--readonly=false', '--json', '-q=t'], true],
  [['version', '--actor', '--json=false', '--json'], true],
])('a switch may have a value: bd %j', async (args, isJson) => {
  const result = await workspace.bd(args);
  expect(result.exitCode).toBe(0);
  expect(result.stdout.startsWith('{')).toBe(isJson);
});

test('another value of a switch is a usage error', async () => {
  const result = await workspace.bd(['version', '--readonly=maybe', '--json']);
  expect(result.exitCode).toBe(2);
  expect(json(result)).toMatchObject({ code: 'USAGE', error: 'invalid value "maybe" for --readonly: true or false' });
});

test('completion prints the JSON of bd, errors too, and knows the other names of commands', async () => {
  const document = json(await workspace.bd(['completion', 'bash', '--json']));
  expect(Object.keys(document)).toEqual(['schema_version', 'script', 'shell']);
  for (const alias of ['stats', 'done', 'view']) expect(document['script']).toMatch(new RegExp(`\\b${alias}\\b`));
  const refused = await workspace.bd(['completion', 'tcsh', '--json']);
  expect(refused.exitCode).toBe(2);
  expect(Object.keys(json(refused))).toEqual(['code', 'error', 'hint', 'schema_version']);
});

describe('in a project', () => {
  const bd = (args: string[], env: NodeJS.ProcessEnv = {}) => workspace.bd(args, { env });

  beforeAll(async () => {
    await bd(['init', '--prefix', 'hm']);
    await bd(['create', 'A', '--id', 'hm-a1']);
    await bd(['create', 'B', '--id', 'hm-b1']);
  });

  test('a slip below dep is told, and so is an editor without a terminal', async () => {
    for (const args of [
      ['dep', 'ad'],
      ['dep', 'ad', 'hm-a1', 'hm-b1'],
    ]) {
      const slip = await bd([...args, '--json']);
      expect(slip.exitCode).toBe(1);
      expect(json(slip)).toMatchObject({
        error: 'unknown command "dep ad" for "bd"',
        hint: 'did you mean `bd dep add`?',
      });
    }
    expect(json(await bd(['dep', 'hm-a1', '--json']))['error']).toBe('one issue and --blocks ID are needed');
    const edit = await bd(['edit', 'hm-a1', '--json'], { EDITOR: '', VISUAL: '' });
    expect(edit.exitCode).toBe(1);
    expect(json(edit)['error']).toBe('there is no terminal for an editor');
  });

  test('a flag that may be repeated takes one value, and no id or title behind it', async () => {
    await bd(['create', 'Touched last', '--id', 'hm-c1']);
    expect(json(await bd(['update', '--add-label', 'urgent', 'hm-a1', '--json']))).toMatchObject([{ id: 'hm-a1' }]);
    const set = await bd(['update', '--set-labels', 'x', '--set-labels', 'y', 'hm-a1', '-p', '0', '--json']);
    expect(json(set)).toMatchObject([{ id: 'hm-a1', labels: ['x', 'y'], priority: 0 }]);
    expect(json(await bd(['show', 'hm-c1', '--json']))).toMatchObject([{ id: 'hm-c1', priority: 2 }]);
    await bd(['create', '-l', 'a,b', '--deps', 'hm-a1', 'Title', '--id', 'hm-e1']);
    expect(json(await bd(['show', 'hm-e1', '--json']))).toMatchObject([{ title: 'Title', labels: ['a', 'b'] }]);
    expect((await bd(['q', '-l', 'x', 'some', 'title'])).stdout).toMatch(/^hm-\w+$/);
  });

  test('--force=false forces nothing', async () => {
    await bd(['create', 'Blocker', '--id', 'hm-d1']);
    await bd(['create', 'Blocked', '--id', 'hm-d2', '--deps', 'hm-d1']);
    expect((await bd(['close', 'hm-d2', '--force=false'])).exitCode).toBe(1);
    expect(json(await bd(['show', 'hm-d2', '--json']))).toMatchObject([{ status: 'open' }]);
    expect((await bd(['close', 'hm-d2', '--force=true'])).exitCode).toBe(0);
  });

  test('-C is where all paths of the command line start, and must be there', async () => {
    const dir = join(workspace.home, 'elsewhere');
    mkdirSync(dir);
    writeFileSync(join(dir, 'body.md'), 'From the file\n');
    const created = await bd(['-C', 'elsewhere', 'create', 'T', '--body-file', 'body.md', '--json']);
    expect(json(created)).toMatchObject({ description: 'From the file' });
    for (const args of [['create', 'Lost'], ['init'], ['list']]) {
      const refused = await bd(['-C', 'elsewhere/typo', ...args, '--json']);
      expect(refused.exitCode).toBe(1);
      expect(json(refused)).toMatchObject({ code: 'NOT_FOUND', error: 'there is no directory elsewhere/typo' });
    }
    const file = await bd(['-C', 'elsewhere/body.md', 'list', '--json']);
    expect(json(file)).toMatchObject({ code: 'IO_ERROR' });
    expect(existsSync(join(dir, 'typo'))).toBe(false);
  });

  test('global flags stand between the words of a name', async () => {
    expect(json(await bd(['config', '--json', '--actor', 'ann', 'list']))).toMatchObject({ issue_prefix: 'hm' });
    expect(json(await bd(['dep', '--actor=ann', '-q', '--json', 'add', 'hm-b1', 'hm-a1']))).toMatchObject({
      status: 'added',
      issue_id: 'hm-b1',
    });
  });

  test('what stands behind -- and what a flag takes are no help flags', async () => {
    expect(json(await bd(['create', '--json', '--', '--help']))).toMatchObject({ title: '--help' });
    expect((await bd(['create', 'x', '--help'])).stdout).toContain('USAGE');
  });

  test('a check of a command ends with 1, only what the parser refuses with 2', async () => {
    const own = await bd(['dep', 'add', 'hm-a1', '--json']);
    expect([own.exitCode, json(own)['code']]).toEqual([1, 'USAGE']);
    expect((await bd(['dep', 'add', '--bogus'])).exitCode).toBe(2);
    expect((await bd(['help', 'bogus'])).exitCode).toBe(2);
  });

  test.each([[['show', 'hm-nope']], [['versio']]])('BD_JSON_ENVELOPE=1 holds for errors: bd %j', async (args) => {
    const document = json(await bd([...args, '--json'], { BD_JSON_ENVELOPE: '1' }));
    expect(document).toEqual({ data: expect.objectContaining({ error: expect.any(String) }), schema_version: 1 });
  });
});

test.each([
  ['bd', ['help', '--json'], 'dep add'],
  ['bd', ['--help', '--json'], 'ready'],
  ['bd', ['--json', 'help', 'dep'], 'dep tree'],
  ['bd', ['create', '--help', '--json'], 'create'],
  ['gt', ['help', '--json'], 'dolt start'],
] as const)('help is one JSON document: %s %j', async (program, args, name) => {
  const document = json<{ commands: { name: string; flags?: { name: string }[] }[] }>(await workspace[program](args));
  expect(document).toMatchObject({ name: expect.any(String), summary: expect.any(String), schema_version: 1 });
  const command = document.commands.find((each) => each.name === name);
  expect(command).toMatchObject({ summary: expect.stringMatching(/./) });
  if (name === 'create')
    expect(command?.flags).toContainEqual(expect.objectContaining({ name: 'title', takes_value: true }));
});
