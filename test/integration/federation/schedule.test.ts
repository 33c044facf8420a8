import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock, type ProcessLock } from '../../../src/util/process-lock.ts';
import { eventually } from '../../helpers/eventually.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { olderSupervisor } from '../../helpers/older-supervisor.ts';
import { silentServer } from '../../helpers/silent-server.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

interface Lines {
  lines: { line: string; level: string }[];
}

/**
 * A town whose rig has a project with one peer, a directory, and a schedule.
 *
 * @param before comes before the schedule
 */
async function scheduledTown(
  every: string,
  before: (project: string) => Promise<void> = async () => undefined,
): Promise<{ town: TestTown; project: string; peer: string }> {
  const town = await makeTown();
  await town.start();
  const [project, peer] = [town.own('project'), town.own('peer')];
  mkdirSync(project);
  mkdirSync(peer);
  for (const args of [
    ['init', '--rig', 'beads', '--prefix', 'hm'],
    ['create', 'First', '--id', 'hm-a1'],
    ['federation', 'add-peer', 'peer', `file://${peer}`],
  ]) {
    const result = await town.bd(args, { cwd: project });
    expect([args[0], result.exitCode, result.stderr]).toEqual([args[0], 0, expect.any(String)]);
  }
  await before(project);
  const yaml = readFileSync(town.path('gt.yaml'), 'utf8').replace(
    /beads: \{(.*)\}/,
    `beads: {$1, sync: { every: ${every}, dir: ${project} } } # a comment`,
  );
  writeFileSync(town.path('gt.yaml'), yaml);
  return { town, project, peer };
}

async function sync(town: TestTown) {
  const found = (await town.status('beads')).rigs[0]?.sync;
  if (!found) throw new Error('no schedule in the status');
  return found;
}

async function said(town: TestTown): Promise<string[]> {
  const { lines } = json<Lines>(await town.gt(['dolt', 'logs', 'beads', '--sync', '--json', '-n', '1000']));
  return lines.map(({ line }) => /msg="(.*)"$/.exec(line)?.[1] ?? line);
}

const runs = (lines: readonly string[]) => lines.filter((line) => line.startsWith('bd federation sync in')).length;

/** Processes of `bd federation sync` of this town. */
const syncing = (town: TestTown) =>
  processesOf(town.home).filter(({ command }) => command.includes('bd.cjs federation sync'));

/** The one of them that talks with a peer: it has written its own files, and can be ended without leaving a draft. */
const talking = (town: TestTown) =>
  syncing(town).find(({ pid }) => {
    const { stdout } = spawnSync('ps', ['-o', 'args=', '--ppid', String(pid)], { encoding: 'utf8' });
    return stdout.includes('sql -r json');
  });

/** Ends the supervisor, and waits until its process is gone: it takes no clients any more some time before. */
async function endSupervisor(town: TestTown, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const supervisor = town.supervisorPid();
  process.kill(supervisor, signal);
  await eventually('its end', () => processesOf(town.home).every(({ pid }) => pid !== supervisor));
}

/** A peer that takes connections and never answers; how many talk to it. */
async function addHangingPeer(town: TestTown, project: string): Promise<() => Promise<number>> {
  const { server, port } = await silentServer();
  onTestFinished(() => void server.close());
  const added = await town.bd(['federation', 'add-peer', 'hanging', `127.0.0.1:${port}/beads`], { cwd: project });
  expect(added.exitCode, added.stderr).toBe(0);
  return () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}

test('the supervisor syncs again and again, tells how it went, and goes on after a failure', async () => {
  const { town, project } = await scheduledTown('5s');
  const before = await eventually('the first sync', async () => {
    const now = await sync(town);
    return now.last_outcome === 'in-sync' ? now : undefined;
  });
  expect(before).toMatchObject({ every_seconds: 5, directory: project, last_error: null });
  expect(statSync(before.log_file).mode & 0o777).toBe(0o600);
  expect((await town.gt(['dolt', 'status'])).stdout).toMatch(/beads: sync with peers every 5\.0s: in sync .* ago, /);
  expect(await said(town)).toContainEqual(expect.stringMatching(/^in sync after /));
  await town.bd(['create', 'Second', '--id', 'hm-a2'], { cwd: project });
  await eventually('the second sync', async () => runs(await said(town)) >= 2);

  // A project that is gone is a failure with its reason; the schedule goes on.
  const gone = `${project}-gone`;
  writeFileSync(
    town.path('gt.yaml'),
    readFileSync(town.path('gt.yaml'), 'utf8').replace(`dir: ${project}`, `dir: ${gone}`),
  );
  await eventually('the failure', async () => (await sync(town)).last_outcome === 'failed');
  expect((await sync(town)).last_error).toContain(`there is no directory ${gone}`);
  expect((await town.gt(['dolt', 'status'])).stdout).toContain(`there is no directory ${gone}`);
  expect(readFileSync(town.path('.gt/supervisor.log'), 'utf8')).toContain('beads: bd federation sync: there is no');
});

test('a stop ends the sync and its programs; the next supervisor makes up for it, once', async () => {
  let lock: ProcessLock | undefined;
  let directory = '';
  const { town } = await scheduledTown('1h', async (project) => {
    directory = join(project, '.beads/federation/beads/peer/lock');
    lock = await acquireLock({ directory, purpose: 'test', timeoutMs: 0 });
  });
  const tickets = () => readdirSync(directory).filter((name) => !name.startsWith('draft.'));
  await eventually('a sync that waits for its peer', () => syncing(town).length > 0 && tickets().length === 2);
  const stopped = await town.gt(['dolt', 'stop']);
  expect([stopped.exitCode, syncing(town)]).toEqual([0, []]);
  const record = JSON.parse(readFileSync(town.path('.gt/sync/beads.json'), 'utf8'));
  expect(record).toMatchObject({ running: null, last: { outcome: 'interrupted' } });
  await lock?.release();
  expect(await sync(town)).toMatchObject({ running: false, next_at: null });
  await town.start();
  await eventually('a sync that was made up for', async () => (await sync(town)).last_outcome === 'in-sync');
  const count = runs(await said(town));

  // It is kept over the end of the supervisor, by hand-over or not: nothing is due for an hour.
  const { last_ended_at } = await sync(town);
  await endSupervisor(town, 'SIGKILL');
  await town.start();
  const again = await sync(town);
  expect(again.last_ended_at).toBe(last_ended_at);
  expect(Date.parse(again.next_at ?? '') - Date.parse(last_ended_at ?? '')).toBe(3_600_000);
  expect(runs(await said(town))).toBe(count);
});

test('never two at once, also after the supervisor was killed; none while the server is stopped', async () => {
  const { town, project } = await scheduledTown('5s');
  await eventually('a sync', async () => (await sync(town)).last_outcome === 'in-sync');
  const hanging = await addHangingPeer(town, project);
  const left = await eventually('a sync that hangs', async () =>
    (await hanging()) > 0 && (await sync(town)).running ? talking(town) : undefined,
  );
  await endSupervisor(town, 'SIGKILL');
  expect(syncing(town)).toEqual([left]);
  await town.start();
  await eventually('another sync', () => {
    const now = talking(town);
    return now && now.pid !== left.pid;
  });
  expect(syncing(town)).toHaveLength(1);

  // Its own end ends the sync, and the next one makes up for it.
  await endSupervisor(town);
  expect(syncing(town)).toEqual([]);
  expect(await sync(town)).toMatchObject({ running: false, last_outcome: 'interrupted', next_at: null });
  await town.start();
  await eventually('one more sync', () => talking(town));
  const stopped = await town.gt(['dolt', 'stop']);
  expect([stopped.exitCode, syncing(town)]).toEqual([0, []]);
  expect((await town.gt(['dolt', 'status'])).stdout).toContain('waits for the server');
});

test('a newer supervisor takes the schedule over: what is not due waits, what ran begins again', async () => {
  const { town, project } = await scheduledTown('1h');
  const before = await eventually('the first sync', async () => {
    const now = await sync(town);
    return now.last_outcome === 'in-sync' ? now : undefined;
  });
  const count = runs(await said(town));
  await endSupervisor(town);
  const first = await olderSupervisor(town);
  const [pid] = await town.start();
  expect(await first.ended()).toBe(0);
  expect(await sync(town)).toMatchObject({ next_at: before.next_at, last_ended_at: before.last_ended_at });
  expect(runs(await said(town))).toBe(count);

  // Due two hours ago, so the older one begins, and does not come to an end.
  await endSupervisor(town);
  const hanging = await addHangingPeer(town, project);
  const path = town.path('.gt/sync/beads.json');
  const record = JSON.parse(readFileSync(path, 'utf8'));
  const ago = new Date(Date.now() - 7_200_000).toISOString();
  writeFileSync(path, JSON.stringify({ ...record, last: { ...record.last, endedAt: ago } }));
  const second = await olderSupervisor(town);
  const left = await eventually('a sync of the older one', async () =>
    (await hanging()) > 0 && (await sync(town)).running ? talking(town) : undefined,
  );
  expect(await town.start()).toEqual([pid]);
  expect(await second.ended()).toBe(0);
  const again = await eventually('a sync of the newer one', () => talking(town));
  expect([again.pid === left.pid, syncing(town)]).toEqual([false, [again]]);
  expect(await said(town)).toContainEqual(expect.stringMatching(/^interrupted after /));
});

test.each([
  ['{ every: 5m }', 'sync needs every'],
  ['{ every: 1s, dir: x }', 'every must be 5s or more'],
  ['{ every: often, dir: x }', 'not a duration'],
  ['{ every: 5m, dir: x, strategy: both }', 'strategy must be one of ours, theirs'],
  ['{ every: 5m, dir: x, peers: y }', 'unknown key "peers"'],
  ['5m', 'sync must be a map'],
])('sync: %s is refused with its place', async (value, message) => {
  const town = await makeTown();
  writeFileSync(town.path('gt.yaml'), `rigs:\n  beads:\n    sync: ${value}\n`);
  const result = await town.gt(['dolt', 'start', '--json']);
  expect(result.exitCode).toBe(1);
  expect(json(result)).toMatchObject({ code: 'CONFIG_INVALID', error: expect.stringContaining(message) });
  expect(json<{ error: string }>(result).error).toMatch(/gt\.yaml:3:\d+: /);
});
