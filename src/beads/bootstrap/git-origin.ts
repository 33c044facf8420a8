import { resolve } from 'node:path';
import { gitEnvironment } from '../../database/remote-environment.ts';
import { remoteError } from '../../database/remote-error.ts';
import { runProgram } from '../../util/run-program.ts';

// How long git's origin may take to tell what it has, in ms.
const LIMIT_MS = 15_000;

/**
 * The address of git's `origin` for Dolt, when it carries issues: Dolt keeps them there as
 * `refs/dolt/data`, beside git's own branches.
 *
 * @param root top directory of the git working tree
 * @returns undefined when there is no origin, or no issues in it
 * @throws AppError REMOTE_UNREACHABLE, ACCESS_DENIED when it cannot be asked: then nobody knows
 */
export async function originWithIssues(root: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const url = await git(root, ['ls-remote', '--get-url', 'origin'], env);
  const address = url.stdout.trim();
  // Without an origin, git gives back the name.
  if (url.failed || address === '' || address === 'origin') return undefined;
  const refs = await git(root, ['ls-remote', 'origin', 'refs/dolt/data'], env);
  if (refs.failed) throw remoteError('ask git’s origin for issues:', address, refs.stderr);
  return refs.stdout.includes('refs/dolt/data') ? doltAddress(address, root) : undefined;
}

/**
 * A git remote as Dolt names it: `git+https://…`, `git+ssh://…`, `git+file://…`.
 *
 * @param root directory that relative paths start from
 * @example doltAddress('git@example.org:ann/app.git', '/p') // git+ssh://git@example.org/./ann/app.git
 */
export function doltAddress(url: string, root: string): string {
  if (/^git\+/.test(url)) return url;
  if (/^[a-z][a-z+]*:\/\//i.test(url)) return `git+${url}`;
  const scp = /^([^:/]+):(.*)$/.exec(url);
  if (!scp) return `git+file://${resolve(root, url)}`;
  const path = scp[2] ?? '';
  return `git+ssh://${scp[1]}${path.startsWith('/') ? path : `/./${path}`}`;
}

async function git(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const ended = await runProgram('git', args, { cwd, env: gitEnvironment(env), timeoutMs: LIMIT_MS });
  const stderr = ended.timedOut ? `it gave no answer within ${LIMIT_MS / 1000}s` : ended.stderr;
  return { failed: ended.failed, stdout: ended.stdout, stderr };
}
