import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { signalServer, verifyServer } from '../../../src/dolt/server-process.ts';
import { townPaths } from '../../../src/town/data-dir.ts';
import { readLiveState, writeLiveState } from '../../../src/town/live-state.ts';
import { inspectProcess } from '../../../src/util/process-identity.ts';
import { startBareServer } from '../../helpers/bare-server.ts';
import { eventually } from '../../helpers/eventually.ts';

const REFUSED = { code: 'IDENTITY_UNVERIFIED' };

function directory(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'gt-test-')));
  onTestFinished(() => rmSync(made, { recursive: true, force: true, maxRetries: 3 }));
  return made;
}

/** What is recorded of a process that looks as it should. */
async function recordOf(pid: number) {
  const details = await inspectProcess(pid);
  if (!details) throw new Error(`no process ${pid}`);
  return { pid, startTime: details.startTime, executable: details.executable ?? '', dataDir: details.cwd ?? '' };
}

test('a dolt server of another directory is neither verified nor signalled; the right one is', async () => {
  const home = directory();
  const server = await startBareServer({ dataDir: join(home, 'mine') });
  try {
    const mine = await recordOf(server.pid);
    expect(mine.dataDir).toBe(server.dataDir);
    const other = { ...mine, dataDir: join(home, 'other') };
    mkdirSync(other.dataDir);
    expect(await verifyServer(other)).toMatchObject({ result: 'unknown', why: expect.stringContaining(mine.dataDir) });
    for (const signal of ['SIGTERM', 'SIGKILL'] as const)
      await expect(signalServer(other, signal)).rejects.toMatchObject(REFUSED);
    expect(await verifyServer(mine)).toMatchObject({ result: 'verified' });
    // One with the same pid that has started at another time: the recorded one is dead.
    expect(await signalServer({ ...mine, startTime: 'earlier' }, 'SIGTERM')).toBe(false);
    expect(await signalServer(mine, 'SIGTERM')).toBe(true);
    await eventually('its end', async () => (await verifyServer(mine)).result === 'dead');
  } finally {
    await server.stop('SIGKILL');
  }
});

test('a pid that becomes another program after it was verified is not signalled', async () => {
  const child = spawn('sh', ['-c', 'read go; exec sleep 1000'], {
    cwd: directory(),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = once(child, 'exit');
  await once(child, 'spawn');
  try {
    const pid = child.pid ?? 0;
    const recorded = await recordOf(pid);
    expect(await verifyServer(recorded)).toMatchObject({ result: 'verified' });
    child.stdin.write('\n');
    await eventually('sleep', async () => (await inspectProcess(pid))?.argv[0] === 'sleep');
    for (const signal of ['SIGTERM', 'SIGKILL'] as const)
      await expect(signalServer(recorded, signal)).rejects.toMatchObject(REFUSED);
    expect((await inspectProcess(pid))?.argv).toEqual(['sleep', '1000']);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
});

test.each([0, -1])('pid %i is no process: not verified, not signalled, not read from a state file', async (pid) => {
  const paths = townPaths(directory());
  const server = { ...(await recordOf(process.pid)), pid, dataDir: paths.rig('beads'), token: 'token' };
  expect(await verifyServer(server)).toMatchObject({ result: 'unknown', why: expect.stringContaining(`pid ${pid}`) });
  // Nothing real must hear of it if this ever goes wrong: 0 and -1 are groups of processes.
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  onTestFinished(() => kill.mockRestore());
  await expect(signalServer(server, 'SIGTERM')).rejects.toMatchObject(REFUSED);
  expect(kill).not.toHaveBeenCalled();
  mkdirSync(paths.stateDir, { recursive: true });
  const place = { host: '127.0.0.1', port: 3307, remotesapiPort: null };
  const rest = { version: null, startedAt: null, restarts: 0, lastError: null };
  await writeLiveState(paths, { rig: 'beads', state: 'running', ...place, ...rest, server });
  expect(await readLiveState(paths, 'beads')).toBe(undefined);
  await writeLiveState(paths, { rig: 'beads', state: 'running', ...place, ...rest, server: { ...server, pid: 1 } });
  expect(await readLiveState(paths, 'beads')).toMatchObject({ server: { pid: 1 } });
});
