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

/** `leave DIRECTORY KILOBYTES` fills a file system but for so much. */
const LEAVE = `leave() {
  rm -f "$1/filler"
  head -c $(( ($(df -k --output=avail "$1" | tail -1) - $2) * 1024 )) /dev/zero > "$1/filler"
}
`;

/**
 * Runs `script` (sh) in a mount namespace of its own, where `gt` and `bd` are our programs and `$DATA`
 * is the data dir: what it mounts is gone when its processes have ended.
 *
 * @example await mounted(town, 'mount -t tmpfs -o size=64k tmpfs "$DATA"; gt dolt start --json')
 */
export async function mounted(
  town: Pick<TestTown, 'home' | 'env' | 'dataDir'>,
  script: string,
  env: NodeJS.ProcessEnv = {},
): Promise<RunResult> {
  const bin = join(import.meta.dirname, '..', '..', 'dist/bin');
  const program = (name: string) => `${name}() { '${process.execPath}' '${join(bin, name)}.cjs' "$@"; }\n`;
  const prelude = program('gt') + program('bd') + LEAVE;
  const result = execa('unshare', ['-m', 'sh', '-c', prelude + script], {
    cwd: town.home,
    env: { ...town.env, ...env, DATA: town.dataDir },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  return (await result) as RunResult;
}
