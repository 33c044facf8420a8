import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { json, type Workspace } from '../../../helpers/workspace.ts';

/** A project in git whose issues are in a Dolt remote, as its first author left it. */
export interface SharedProject {
  /** Working tree of the first author, with the database. */
  readonly first: string;
  /** Bare git repository that the clones come from. */
  readonly origin: string;
  /** Ids of its issues. */
  readonly ids: readonly string[];
  /** `git clone` of it, without a database. */
  clone(name: string): string;
  /** The first author's `dolt`. */
  dolt(...args: string[]): string;
}

export interface SharedProjectOptions {
  /** Goes to `sync.remote` in the tracked config.yaml. */
  remote?: string | undefined;
  /** Names of its issues. */
  titles?: readonly string[];
}

/** Makes `app.git` and its first working tree in a directory of the workspace. */
export async function shareProject(
  workspace: Workspace,
  directory: string,
  options: SharedProjectOptions = {},
): Promise<SharedProject> {
  const base = join(workspace.home, directory);
  const [origin, first] = [join(base, 'app.git'), join(base, 'app')];
  mkdirSync(base);
  const env = { ...workspace.env, GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@local' };
  const git = (cwd: string, ...args: string[]) => {
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@local', ...args], { cwd, env, stdio: 'pipe' });
  };
  git(base, 'init', '-q', '--bare', '-b', 'main', origin);
  git(base, 'clone', '-q', origin, first);
  await must(workspace, first, ['init', '--prefix', 'hm']);
  const ids: string[] = [];
  for (const title of options.titles ?? ['First', 'Second']) {
    ids.push(json<{ id: string }>(await workspace.bd(['create', title, '--json'], { cwd: first })).id);
  }
  if (options.remote) appendFileSync(join(first, '.beads/config.yaml'), `sync.remote: ${options.remote}\n`);
  git(first, 'add', '-A');
  git(first, 'commit', '-q', '-m', 'Begin');
  git(first, 'push', '-q', 'origin', 'HEAD:main');
  const dolt = (...args: string[]) =>
    execFileSync(process.env['GT_DOLT_BIN'] ?? 'dolt', args, {
      cwd: join(first, '.beads/dolt/hm'),
      env: { ...env, DOLT_ROOT_PATH: join(workspace.home, 'oracle'), NO_COLOR: '1' },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  return {
    first,
    origin,
    ids,
    dolt,
    clone(name) {
      git(base, 'clone', '-q', origin, join(base, name));
      return join(base, name);
    },
  };
}

/** Pushes the history to a `file://` remote, with the dolt program itself. */
export function pushToFile(project: SharedProject, directory: string): void {
  mkdirSync(directory, { recursive: true });
  project.dolt('remote', 'add', 'oracle', `file://${directory}`);
  project.dolt('push', 'oracle', 'main');
}

/** Ids that `bd list` shows. */
export async function listed(workspace: Workspace, cwd: string): Promise<string[]> {
  const result = await workspace.bd(['list', '--json'], { cwd });
  if (result.exitCode !== 0) throw new Error(`bd list: ${result.stdout}${result.stderr}`);
  return json<{ id: string }[]>(result)
    .map(({ id }) => id)
    .sort();
}

/** What is in `.beads` but the files of git and the directory of the lock. */
export function extras(cwd: string): string[] {
  const ours = ['.gitignore', 'README.md', 'config.yaml', 'metadata.json'];
  return readdirSync(join(cwd, '.beads')).filter((name) => !ours.includes(name));
}

async function must(workspace: Workspace, cwd: string, args: readonly string[]): Promise<void> {
  const result = await workspace.bd(args, { cwd });
  if (result.exitCode !== 0) throw new Error(`bd ${args.join(' ')}: ${result.stdout}${result.stderr}`);
}
