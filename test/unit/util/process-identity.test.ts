import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inspectProcess, liveness } from '../../../src/util/process-identity.ts';
import { eventually } from '../../helpers/eventually.ts';

/** Its first thread ends, and another one stays until there is no more standard input. */
const SCRIPT = `
import ctypes, sys, threading
threading.Thread(target=sys.stdin.read).start()
print('begun', flush=True)
ctypes.CDLL(None).pthread_exit(None)
`;

const hasPython = process.platform === 'linux' && spawnSync('python3', ['-c', 'import ctypes']).status === 0;

test.skipIf(!hasPython)('a process whose first thread has ended lives as long as another one does', async () => {
  const child = spawn('python3', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  const pid = child.pid ?? Number.NaN;
  try {
    await eventually('the end of its first thread', () => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')));
    const details = await inspectProcess(pid);
    // What it is cannot be seen any more, and passes: who verifies it looks again.
    expect(details).toMatchObject({ pid, ending: true, executable: undefined });
    const identity = { pid, startTime: details?.startTime ?? '' };
    expect(await liveness(identity)).toBe('alive');
    child.stdin.end();
    await exited;
    expect([await liveness(identity), await inspectProcess(pid)]).toEqual(['dead', undefined]);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
});
