import { afterAll, beforeAll, expect, test } from 'vitest';
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
