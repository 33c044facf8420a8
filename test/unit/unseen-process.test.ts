import { expect, test, vi } from 'vitest';
import { signalServer, verifyServer } from '../../src/dolt/server-process.ts';
import { inspectProcess } from '../../src/util/process-identity.ts';

const hidden = vi.hoisted(() => ({ what: '' }));

/** Root sees every process: the stand-in is a system that does not tell everything of one. */
vi.mock(import('../../src/util/process-identity.ts'), async (original) => {
  const real = await original();
  const inspect: typeof real.inspectProcess = async (pid) => {
    const details = await real.inspectProcess(pid);
    return details && { ...details, [hidden.what]: undefined };
  };
  return { ...real, inspectProcess: inspect };
});

test.each(['executable', 'cwd'])('a process whose %s cannot be seen is unknown, and not signalled', async (what) => {
  hidden.what = '';
  const details = await inspectProcess(process.pid);
  const { executable = '', cwd: dataDir = '', startTime = '' } = details ?? {};
  const recorded = { pid: process.pid, startTime, executable, dataDir };
  expect(await verifyServer(recorded)).toMatchObject({ result: 'verified' });
  hidden.what = what;
  expect(await verifyServer(recorded)).toMatchObject({
    result: 'unknown',
    why: expect.stringContaining('cannot be seen'),
  });
  let signalled = false;
  const heard = () => {
    signalled = true;
  };
  process.on('SIGTERM', heard);
  await expect(signalServer(recorded, 'SIGTERM')).rejects.toMatchObject({ code: 'IDENTITY_UNVERIFIED' });
  process.off('SIGTERM', heard);
  expect(signalled).toBe(false);
});
