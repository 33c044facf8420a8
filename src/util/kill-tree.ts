import { execFile } from 'node:child_process';
import { systemErrorCode } from '../errors.ts';

/**
 * Ends a process that we started, and what it started, with SIGKILL. Where no `ps` tells who its
 * children are, the process alone.
 */
export async function killTree(pid: number): Promise<void> {
  // tree-kill looks for the children with `ps`, and brings this process down where there is none.
  if (!(await canRun('ps'))) {
    process.kill(pid, 'SIGKILL');
    return;
  }
  const { default: treeKill } = await import('tree-kill');
  await new Promise<void>((resolve, reject) => {
    treeKill(pid, 'SIGKILL', (error) => (error ? reject(error) : resolve()));
  });
}

function canRun(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, (error) => resolve(systemErrorCode(error) === undefined));
  });
}
