import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findGitTree } from './git-dir.ts';

/** Who git says the user is; a part that git does not know is absent. */
export interface GitIdentity {
  readonly name?: string;
  readonly email?: string;
}

/** Where git's configuration of the machine may be, depending on who packaged git. */
const SYSTEM_FILES = ['/etc/gitconfig', '/usr/local/etc/gitconfig', '/opt/homebrew/etc/gitconfig'];

/**
 * `user.name` and `user.email` as git has them for a directory. Plain configuration files are read
 * here; where they include others or are told apart by variables, git itself is asked, which costs
 * a child process.
 *
 * @example await gitIdentity('/home/ann/project', process.env) // { name: 'Ann', email: 'ann@example.org' }
 */
export async function gitIdentity(dir: string, env: NodeJS.ProcessEnv): Promise<GitIdentity> {
  return readGitFiles(dir, env) ?? (await askGit(dir, env));
}

/** Reads git's files in its order, later ones win; undefined when only git can tell. */
function readGitFiles(dir: string, env: NodeJS.ProcessEnv): GitIdentity | undefined {
  const telling = Object.keys(env).some((name) => /^GIT_(CONFIG(?!_NOSYSTEM$)|DIR$|COMMON_DIR$)/.test(name));
  if (telling) return undefined;
  const home = env['HOME'] || homedir();
  const tree = findGitTree(dir);
  const files = [
    ...(env['GIT_CONFIG_NOSYSTEM'] ? [] : SYSTEM_FILES),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'git', 'config'),
    join(home, '.gitconfig'),
    ...(tree ? [join(tree.commonDir, 'config')] : []),
  ];
  let identity: GitIdentity = {};
  for (const file of files) {
    const text = readIfReadable(file);
    if (text === undefined) continue;
    const found = parseGitConfig(text);
    if (!found) return undefined;
    identity = { ...identity, ...found };
  }
  return identity;
}

/**
 * The user of one configuration file.
 *
 * @returns undefined when the file includes others, or writes the user in a way that is not plain
 */
export function parseGitConfig(text: string): GitIdentity | undefined {
  const identity: { name?: string; email?: string } = {};
  let section = '';
  for (const line of text.replace(/\\\r?\n/g, '').split(/\r?\n/)) {
    const header = /^\s*\[\s*([^\]\s"]+)([^\]]*)\](.*)$/.exec(line);
    // A section with a subsection, `[user "x"]`, is another one.
    if (header) section = `${header[1]}${header[2]?.trim()}`.toLowerCase();
    if (section.startsWith('include') || /worktreeconfig/i.test(line)) return undefined;
    if (section !== 'user') continue;
    const setting = /^\s*(name|email)\b\s*(.*?)\s*$/i.exec(header ? (header[3] ?? '') : line);
    if (!setting) continue;
    const key = setting[1]?.toLowerCase() === 'name' ? 'name' : 'email';
    const value = (setting[2] ?? '').replace(/^=\s*/, '');
    // A key alone, quotes, escapes and comments behind a value have rules of their own.
    if (!setting[2]?.startsWith('=') || /["\\#;]/.test(value)) return undefined;
    identity[key] = value;
  }
  return identity;
}

async function askGit(dir: string, env: NodeJS.ProcessEnv): Promise<GitIdentity> {
  const { execFile } = await import('node:child_process');
  const out = await new Promise<string>((resolve) => {
    const args = ['config', '--null', '--get-regexp', '^user\\.(name|email)$'];
    // Without git, or without a user in it, there is nothing to know.
    execFile('git', args, { cwd: dir, env, encoding: 'utf8', timeout: 5_000 }, (_error, stdout) => resolve(stdout));
  });
  const identity: { name?: string; email?: string } = {};
  for (const entry of out.split('\0')) {
    const [key, ...value] = entry.split('\n');
    if (key === 'user.name') identity.name = value.join('\n');
    if (key === 'user.email') identity.email = value.join('\n');
  }
  return identity;
}

function readIfReadable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
