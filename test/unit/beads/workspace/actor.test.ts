import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveActor } from '../../../../src/beads/workspace/actor.ts';
import { gitIdentity, parseGitConfig } from '../../../../src/beads/workspace/git-identity.ts';

let home: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'gt-actor-')));
  env = { HOME: home, PATH: process.env['PATH'], USER: 'login', GIT_CONFIG_NOSYSTEM: '1' };
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('who acts', () => {
  test('the flag, BEADS_ACTOR, BD_ACTOR, the setting, git, the login', async () => {
    const dir = home;
    const who = async (flag?: string, configured?: string) =>
      (await resolveActor({ flag, configured, env, dir })).actor;
    expect(await who()).toBe('login');
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Ann B\n\temail = ann@example.org\n');
    expect(await who()).toBe('Ann B');
    expect(await who(undefined, 'configured')).toBe('configured');
    env['BD_ACTOR'] = 'bd';
    expect(await who(undefined, 'configured')).toBe('bd');
    env['BEADS_ACTOR'] = 'beads';
    expect(await who()).toBe('beads');
    expect(await who('flag')).toBe('flag');
  });

  test('the author of commits is git’s identity; BEADS_ACTOR wins; else beads', async () => {
    const dir = home;
    expect(await resolveActor({ env, dir })).toMatchObject({ commitAuthor: 'beads <beads@local>', owner: '' });
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Ann B\n\temail = ann@example.org\n');
    const author = 'Ann B <ann@example.org>';
    expect(await resolveActor({ env, dir })).toMatchObject({ commitAuthor: author, owner: 'ann@example.org' });
    env['BEADS_ACTOR'] = 'agent <1>\nx';
    expect((await resolveActor({ env, dir })).commitAuthor).toBe('agent 1 x <ann@example.org>');
    expect((await resolveActor({ env, dir })).actor).toBe('agent <1> x');
  });
});

describe('git’s identity', () => {
  test('is read from the files of the user and of the repository', async () => {
    mkdirSync(join(home, 'p'));
    execFileSync('git', ['init', '-q'], { cwd: join(home, 'p'), env });
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Ann\n\temail = ann@example.org\n');
    expect(await gitIdentity(join(home, 'p'), env)).toEqual({ name: 'Ann', email: 'ann@example.org' });
    execFileSync('git', ['config', 'user.email', 'work@example.org'], { cwd: join(home, 'p'), env });
    expect(await gitIdentity(join(home, 'p'), env)).toEqual({ name: 'Ann', email: 'work@example.org' });
  });

  test('includes and variables are left to git', async () => {
    writeFileSync(join(home, 'more'), '[user]\n\tname = Included\n');
    writeFileSync(join(home, '.gitconfig'), `[user]\n\tname = Ann\n[include]\n\tpath = ${join(home, 'more')}\n`);
    expect(await gitIdentity(home, env)).toEqual({ name: 'Included' });
    writeFileSync(join(home, 'other'), '[user]\n\tname = Other\n');
    expect(await gitIdentity(home, { ...env, GIT_CONFIG_GLOBAL: join(home, 'other') })).toEqual({ name: 'Other' });
  });

  test('what is read plainly is what git reads', async () => {
    const line = fc.constantFrom(
      '[user]',
      '[USER]',
      '[user "x"]',
      '[core]',
      '[alias] a = b',
      '[user] name = Same line',
      '\tname = Ann',
      '  name=Ann  B  ',
      '\temail = a@b.c # x',
      '\temail = "q@b.c"',
      '\temail = p@b.c',
      '# name = No',
      '\tx = [user]',
      '\tlong = a \\',
      'name',
      '',
    );
    const file = join(home, 'config');
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
        const text = `${lines.join('\n')}\n`;
        const read = parseGitConfig(text);
        if (!read) return;
        writeFileSync(file, text);
        const asked = (key: string) => {
          try {
            const args = ['config', '--file', file, '--get', key];
            return execFileSync('git', args, { env, encoding: 'utf8', stdio: 'pipe' }).trimEnd();
          } catch {
            return undefined;
          }
        };
        // A file that git cannot read tells nothing about what it would have found.
        try {
          execFileSync('git', ['config', '--file', file, '--list'], { env, stdio: 'pipe' });
        } catch {
          return;
        }
        expect(read).toEqual(JSON.parse(JSON.stringify({ name: asked('user.name'), email: asked('user.email') })));
      }),
      { numRuns: 60 },
    );
  });
});
