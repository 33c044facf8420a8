import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { execa } from 'execa';
import type { TestTown } from './town.ts';
import type { RunResult } from './workspace.ts';

/** Whether this user may mount a file system for a process of its own. */
export const canMount = mayMount();

function mayMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=4k tmpfs /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs `script` (sh) in a mount namespace of its own, where `gt` is our program and `$DATA` the data
 * dir: what it mounts is gone when its processes have ended.
 *
 * @example await mounted(town, 'mount -t tmpfs -o size=64k tmpfs "$DATA"; gt dolt start --json')
 */
export async function mounted(town: TestTown, script: string, env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
  const gt = join(import.meta.dirname, '..', '..', 'dist/bin/gt.cjs');
  const prelude = `gt() { '${process.execPath}' '${gt}' "$@"; }\n`;
  const result = execa('unshare', ['-m', 'sh', '-c', prelude + script], {
    cwd: town.home,
    env: { ...town.env, ...env, DATA: town.dataDir },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  return (await result) as RunResult;
}
