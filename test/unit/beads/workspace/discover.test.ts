import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discoverBeads } from '../../../../src/beads/workspace/discover.ts';
import { findGitTree } from '../../../../src/beads/workspace/git-dir.ts';

let top: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'gt-discover-')));
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

const at = (...path: string[]) => join(top, ...path);
const put = (path: string, content = '') => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
};
const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd, encoding: 'utf8', stdio: 'pipe' });
const find = (dir: string, env: NodeJS.ProcessEnv = {}) =>
  discoverBeads({ dir: at(dir), env: { HOME: at('home'), ...env } });

test('walks up to the nearest .beads that is a workspace', () => {
  put('p/.beads/metadata.json', '{}');
  mkdirSync(at('p/a/.beads'), { recursive: true });
  mkdirSync(at('p/a/b'), { recursive: true });
  expect(find('p/a/b')).toEqual({
    beadsDir: at('p/.beads'),
    root: at('p'),
    source: 'directory',
    redirectedFrom: undefined,
  });
  put('p/a/.beads/config.yaml');
  expect(find('p/a/b')?.beadsDir).toBe(at('p/a/.beads'));
});

test.each(['dolt/x/.dolt/repo', 'embeddeddolt/x/y', 'beads.db', 'config.yaml'])('%s makes a workspace', (name) => {
  put(`p/.beads/${name}`);
  expect(find('p')?.beadsDir).toBe(at('p/.beads'));
});

test('does not look above the top of a git working tree', () => {
  put('.beads/metadata.json', '{}');
  mkdirSync(at('p/src'), { recursive: true });
  expect(find('p/src')?.beadsDir).toBe(at('.beads'));
  git(at('p'), 'init', '-q');
  expect(find('p/src')).toBeUndefined();
});

test('the configuration of the user in ~/.beads is no workspace', () => {
  put('home/.beads/config.yaml');
  mkdirSync(at('home/p'));
  expect(find('home/p')).toBeUndefined();
  put('home/.beads/metadata.json', '{}');
  expect(find('home/p')?.beadsDir).toBe(at('home/.beads'));
});

test('BEADS_DIR wins, relative to the directory; one that is not there is an error', () => {
  put('p/.beads/metadata.json', '{}');
  put('q/.beads/metadata.json', '{}');
  expect(find('p', { BEADS_DIR: '../q/.beads' })).toMatchObject({ beadsDir: at('q/.beads'), source: 'BEADS_DIR' });
  expect(() => find('p', { BEADS_DIR: at('nope') })).toThrow(/BEADS_DIR names .*nope/);
});

test('a redirect is followed once, relative to the project', () => {
  put('p/.beads/redirect', '# shared\n../q/.beads\n');
  put('q/.beads/redirect', '../r/.beads\n');
  expect(find('p')).toMatchObject({ beadsDir: at('q/.beads'), root: at('q'), redirectedFrom: at('p/.beads') });
  rmSync(at('q'), { recursive: true });
  expect(() => find('p')).toThrow(/redirect names .*q\/\.beads/);
});

test('a linked working tree without a database of its own shares the main one’s', () => {
  mkdirSync(at('main'));
  git(at('main'), 'init', '-q');
  put('main/.beads/metadata.json', '{}');
  git(at('main'), 'add', '.');
  git(at('main'), 'commit', '-qm', 'x');
  git(at('main'), 'worktree', 'add', '-q', at('linked'));
  mkdirSync(at('linked/src'));
  expect(find('linked/src')).toMatchObject({ beadsDir: at('main/.beads'), source: 'worktree' });
  mkdirSync(at('linked/.beads/dolt'));
  expect(find('linked/src')).toMatchObject({ beadsDir: at('linked/.beads'), source: 'directory' });
});

test('git itself agrees about the directories of a working tree', () => {
  mkdirSync(at('main'));
  git(at('main'), 'init', '-q');
  git(at('main'), 'commit', '-q', '--allow-empty', '-m', 'x');
  git(at('main'), 'worktree', 'add', '-q', at('linked'));
  mkdirSync(at('linked/a/b'), { recursive: true });
  for (const dir of ['main', 'linked/a/b']) {
    const [root, gitDir, commonDir] = git(
      at(dir),
      ...['rev-parse', '--path-format=absolute', '--show-toplevel', '--git-dir', '--git-common-dir'],
    ).split('\n');
    expect(findGitTree(at(dir))).toMatchObject({ root, gitDir, commonDir });
  }
  expect(findGitTree(at('linked'))?.mainRoot).toBe(at('main'));
  expect(findGitTree(at('main'))?.mainRoot).toBeUndefined();
});
