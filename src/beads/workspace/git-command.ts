import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { AppError } from '../../errors.ts';

/** A value of git's configuration, or undefined. */
export async function getGitSetting(dir: string | undefined, key: string): Promise<string | undefined> {
  const ended = await git(dir, ['config', '--get', key]);
  return ended.code === 0 ? ended.stdout.trimEnd() : undefined;
}

/** @throws AppError IO_ERROR when git refuses */
export async function setGitSetting(dir: string | undefined, key: string, value: string | undefined): Promise<void> {
  const ended = await git(dir, value === undefined ? ['config', '--unset-all', key] : ['config', key, value]);
  // 5: there was nothing to unset.
  if (ended.code === 0 || (value === undefined && ended.code === 5)) return;
  throw new AppError('IO_ERROR', `git could not set ${key}: ${ended.stderr.trim()}`, {
    hint: 'it is a setting of the git repository: run this inside one',
  });
}

/** Whether git tracks a file of a directory. */
export async function isTracked(dir: string, file: string): Promise<boolean> {
  return (await git(dir, ['ls-files', '--error-unmatch', '--', file])).code === 0;
}

/** Stages a file. @throws AppError IO_ERROR when git refuses */
export async function addToGit(file: string): Promise<void> {
  const ended = await git(dirname(file), ['add', '--', file]);
  if (ended.code !== 0) throw new AppError('IO_ERROR', `git add ${file}: ${ended.stderr.trim()}`);
}

interface GitEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function git(dir: string | undefined, args: readonly string[]): Promise<GitEnd> {
  return new Promise((resolve) => {
    execFile('git', args, { cwd: dir, encoding: 'utf8', timeout: 10_000 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}
