import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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
    expect(commands(town)).toEqual(['server', 'supervisor']);
    await town.gt(['dolt', 'stop']);
    expect(await town.rig()).toMatchObject({ state: 'stopped', pid: null });
  });
});
