import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt } from '../../helpers/fake-dolt.ts';
import { processesOf } from '../../helpers/leaks.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';

function commands(town: TestTown): string[] {
  return processesOf(town.home)
    .map(({ command }) =>
      command.includes('sql-server') ? 'server' : command.includes('supervisor') ? 'supervisor' : command,
    )
    .sort();
}

/** How many servers a {@link fakeDolt} that says so has begun. */
function begun(town: TestTown): number {
  const log = town.path('.gt/logs/beads.log');
  return existsSync(log) ? (readFileSync(log, 'utf8').match(/^begun$/gm)?.length ?? 0) : 0;
}

/** How many clients are connected to the supervisor: state 03 of the sockets in /proc/net/unix. */
function clients(town: TestTown): number {
  const path = town.path('.gt/supervisor.sock');
  const sockets = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return sockets.filter((line) => line.endsWith(path) && line.split(/\s+/)[5] === '03').length;
}

describe('at the same time', () => {
  test('twenty starts in a data dir that does not exist yet: one database, one server, twenty exits of 0', async () => {
    const town = await makeTown({ rigs: [] });
    const env = { GT_DOLT_PORT: String(await testPort()) };
    const starts = await Promise.all(Array.from({ length: 20 }, () => town.gt(['dolt', 'start'], { env })));
    expect(starts.map(({ exitCode, stderr }) => [exitCode, stderr.replace(/^made the database.*\n?/, '')])).toEqual(
      Array.from({ length: 20 }, () => [0, '']),
    );
    expect(starts.filter(({ stderr }) => stderr.includes('made the database'))).toHaveLength(1);
    expect(commands(town)).toEqual(['server', 'supervisor']);
    expect(await town.rig()).toMatchObject({ state: 'running', restarts: 0 });
    expect(readdirSync(town.path('.gt/locks'), { recursive: true }).length).toBeLessThan(6);
  });

  test('two starts and a third of another rig', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    const [one, two, other] = await Promise.all([town.start('beads'), town.start('beads'), town.start('gastown')]);
    expect(one).toEqual(two);
    expect(other).not.toEqual(one);
    expect(commands(town)).toEqual(['server', 'server', 'supervisor']);
  });

  test('a restart beside a start waits for its turn: both are done, one after the other', async () => {
    const town = await makeTown();
    const gate = town.own('gate');
    const script = `echo begun; while [ ! -e '${gate}' ]; do sleep 0.05; done; exec "$DOLT" "$@"`;
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), script) };
    const starting = town.gt(['dolt', 'start', '--json'], { env });
    await eventually('the first server', () => commands(town).includes('supervisor') && begun(town) === 1);
    const restarting = town.gt(['dolt', 'restart', '--json'], { env });
    await eventually('both at the supervisor', () => clients(town) === 2);
    writeFileSync(gate, '');
    const [start, restart] = await Promise.all([starting, restarting]);
    expect([start.exitCode, restart.exitCode], start.stdout + restart.stdout).toEqual([0, 0]);
    expect(begun(town)).toBe(2);
    expect(commands(town)).toEqual(['server', 'supervisor']);
  });

  test('five stops: five exits of 0', async () => {
    const town = await makeTown();
    await town.start();
    const stops = await Promise.all(Array.from({ length: 5 }, () => town.gt(['dolt', 'stop'])));
    expect(stops.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(Array.from({ length: 5 }, () => [0, '']));
  });

  test('starts, stops, restarts and deaths: whatever comes out, the next start leaves one server', async () => {
    const town = await makeTown();
    await town.start();
    const kill = async () => {
      const { pid } = await town.rig();
      try {
        if (pid) process.kill(pid, 'SIGKILL');
      } catch {
        // Stopped meanwhile.
      }
    };
    const words = ['start', 'restart', 'kill', 'stop', 'start', 'restart', 'start', 'kill', 'stop', 'restart', 'start'];
    await Promise.all(words.map((word) => (word === 'kill' ? kill() : town.gt(['dolt', word]))));
    const [pid] = await town.start();
    expect(await town.rig()).toMatchObject({ state: 'running', reachable: true, identity: 'verified', pid });
    // One that has given its place to another may need a moment for its end.
    await eventually('one supervisor', () => commands(town).filter((name) => name === 'supervisor').length === 1);
    expect(commands(town)).toEqual(['server', 'supervisor']);
    await town.gt(['dolt', 'stop']);
    expect(await town.rig()).toMatchObject({ state: 'stopped', pid: null });
  });
});
