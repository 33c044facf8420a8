import { type BenchTown, makeBenchTown, untilAnswered } from './bench-town.ts';
import { watchIdle } from './idle.ts';
import type { BenchOptions } from './main.ts';
import { alternate, figureRow, type Pair, type Row, ratioRow } from './row.ts';
import { timeNode } from './time-process.ts';

const RIGS = 10;

/** What `gt dolt` costs beside the servers that it starts and stops. */
export async function townRows(options: BenchOptions): Promise<Row[]> {
  const { runs, signal, say } = options;
  say(`making a town of ${RIGS} rigs`);
  const town = await makeBenchTown(options, RIGS);
  try {
    const names = town.rigs.map((rig) => rig.name);
    say('starting and stopping one rig');
    const one = await startAndStop(town, names.slice(0, 1), options);
    say(`starting and stopping ${RIGS} rigs`);
    const ten = await startAndStop(town, names, options);
    await town.gt('dolt', 'start');
    say('status');
    const status = await alternate({ runs: runs * 3, signal }, () => town.gt('dolt', 'status'), timeNode);
    say('killing servers');
    const killed = await killServers(town, options);
    say('watching the idle supervisor for a minute');
    const idle = await watchIdle(town.supervisorPid(), signal);
    return [
      ratioRow(
        {
          what: '`gt dolt start` of 1 rig, supervisor not running',
          against: 'bare server to its first answer + 2 `node -e 0`',
          limit: 2,
        },
        one.start,
      ),
      ratioRow(
        {
          what: `\`gt dolt start\` of ${RIGS} rigs, supervisor not running`,
          against: `${RIGS} bare servers to their first answers + 2 \`node -e 0\``,
          limit: 1.5,
        },
        ten.start,
      ),
      ratioRow({ what: `\`gt dolt status\` of ${RIGS} running rigs`, against: '`node -e 0`', limit: 2 }, status),
      ratioRow(
        {
          what: 'SIGKILL of a server to its next answer',
          against: 'bare server to its first answer',
          limit: 3,
        },
        killed,
      ),
      figureRow(
        { what: 'the same, in time', unit: 'ms', limit: 1_000 },
        killed.map((pair) => pair.measured),
      ),
      figureRow({ what: `supervisor of ${RIGS} rigs, idle for a minute: memory`, unit: 'MB', limit: 70 }, [
        idle.megabytes,
      ]),
      figureRow({ what: 'the same: share of a core', unit: '%', limit: 0.5 }, [idle.percent]),
      ratioRow(
        {
          what: `\`gt dolt stop\` of ${RIGS} rigs`,
          against: `${RIGS} bare servers on SIGTERM + \`node -e 0\``,
          limit: 2,
        },
        ten.stop,
      ),
    ];
  } finally {
    await town.dispose();
  }
}

/** One cycle gives a pair for `start` and one for `stop`. */
async function startAndStop(town: BenchTown, rigs: readonly string[], { runs, signal }: BenchOptions) {
  const start: Pair[] = [];
  const stop: Pair[] = [];
  for (let run = 0; run < runs; run += 1) {
    signal.throwIfAborted();
    const started = await town.gt('dolt', 'start', ...rigs);
    const stopped = await town.gt('dolt', 'stop', ...rigs);
    await town.supervisorGone();
    const spawned = performance.now();
    const servers = await town.startBare(rigs);
    const answered = performance.now() - spawned;
    start.push({ measured: started, reference: answered + (await timeNode()) + (await timeNode()) });
    const asked = performance.now();
    await Promise.all(servers.map((server) => server.stop('SIGTERM')));
    stop.push({ measured: stopped, reference: performance.now() - asked + (await timeNode()) });
  }
  return { start, stop };
}

async function killServers(town: BenchTown, options: BenchOptions): Promise<Pair[]> {
  let next = 0;
  const rig = () => town.rigs[next % town.rigs.length] ?? { name: 'beads', port: 0 };
  return alternate(
    options,
    async () => {
      const { name, port } = rig();
      const begun = performance.now();
      process.kill(town.serverPid(name), 'SIGKILL');
      await untilAnswered(port);
      return performance.now() - begun;
    },
    async () => {
      const { name } = rig();
      const begun = performance.now();
      const servers = await town.startBare([name]);
      const took = performance.now() - begun;
      await Promise.all(servers.map((server) => server.stop()));
      // A second death within minutes is answered after a pause; a start by hand forgets the first.
      await town.gt('dolt', 'restart', name);
      next += 1;
      return took;
    },
  );
}
