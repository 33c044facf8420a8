import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';

/**
 * Stops a process with SIGSTOP, and waits until each of its threads stands still: the signal alone
 * leaves one that is just at work the time to answer. SIGCONT lets it go on.
 */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await eventually(`the standstill of ${pid}`, () => statesOf(pid).every((state) => state === 'T'));
}

/** State of each thread: proc_pid_stat(5), the field after the name, which may hold anything. */
function statesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
      return [stat.charAt(stat.lastIndexOf(')') + 2)];
    } catch {
      // It has just ended.
      return [];
    }
  });
}
