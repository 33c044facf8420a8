import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { killedByTest } from '../helpers/leaks.ts';
import type { Random } from './random.ts';
import type { ChaosRig, ChaosTown } from './town.ts';

/** Something bad, or merely inconvenient, that happens to a town. What it did, for the record. */
type Misfortune = (town: ChaosTown, rig: ChaosRig, random: Random) => Promise<string>;

const MISFORTUNES: Readonly<Record<string, Misfortune>> = {
  async 'server killed'(town, rig) {
    return killed(town.serverPid(rig.name), 'SIGKILL');
  },
  async 'supervisor killed'(town) {
    const what = killed(town.supervisorPid(), 'SIGKILL');
    await town.workspace.gt(['dolt', 'start']);
    return what;
  },
  async 'supervisor and server killed'(town, rig) {
    const what = `${killed(town.supervisorPid(), 'SIGKILL')}, ${killed(town.serverPid(rig.name), 'SIGKILL')}`;
    await town.workspace.gt(['dolt', 'start']);
    return what;
  },
  async 'stopped and started'(town, rig) {
    const stopped = await town.workspace.gt(['dolt', 'stop', rig.name]);
    const started = await town.workspace.gt(['dolt', 'start', rig.name]);
    return `exits ${stopped.exitCode}, ${started.exitCode}`;
  },
  async restarted(town, rig) {
    return `exit ${(await town.workspace.gt(['dolt', 'restart', rig.name])).exitCode}`;
  },
  async 'server frozen'(town, rig, random) {
    return frozen(town.serverPid(rig.name), 500 + random.below(2_500));
  },
  async 'supervisor frozen'(town, _rig, random) {
    return frozen(town.supervisorPid(), 500 + random.below(2_500));
  },
  async 'port stolen'(town, rig) {
    const stopped = await town.workspace.gt(['dolt', 'stop', rig.name]);
    if (stopped.exitCode !== 0) return `not stopped: exit ${stopped.exitCode}`;
    const thief = createServer((socket) => socket.destroy()).listen(rig.port, '127.0.0.1');
    const got = await Promise.race([once(thief, 'listening').then(() => true), once(thief, 'error').then(() => false)]);
    if (!got) return 'somebody was faster';
    const refused = await town.workspace.gt(['dolt', 'start', rig.name]);
    await new Promise((resolve) => thief.close(resolve));
    await town.workspace.gt(['dolt', 'start', rig.name]);
    // 4: refused; a supervisor that was killed meanwhile may bring the server up before the thief came.
    if (refused.exitCode !== 4)
      throw new Error(`a start on a stolen port exits ${refused.exitCode}: ${refused.stderr}`);
    return 'refused with 4';
  },
};

/** How many misfortunes come before the first calm. */
const BEFORE_CALM = 8;

/**
 * In a calm no supervisor is killed, since one that does not live long cannot show that its memory
 * grows. Of phases that are twice as long as the one before, each second is one.
 */
function isCalm(index: number): boolean {
  return Math.floor(Math.log2(index / BEFORE_CALM + 1)) % 2 === 1;
}

/**
 * Lets misfortunes happen, one after the other, until the signal. Their order, victims and pauses
 * come from the seed.
 */
export async function strike(town: ChaosTown, random: Random, signal: AbortSignal, say: (text: string) => void) {
  const counts = new Map<string, number>();
  const all = Object.keys(MISFORTUNES);
  const calm = all.filter((name) => !name.startsWith('supervisor') || !name.endsWith('killed'));
  for (let index = 0; !signal.aborted; index += 1) {
    await delay(300 + random.below(1_500), undefined, { signal }).catch(() => undefined);
    const name = random.pick(isCalm(index) ? calm : all);
    const rig = random.pick(town.rigs);
    const own = random.fork(`${name} ${counts.get(name) ?? 0}`);
    if (signal.aborted) break;
    say(`${name} (${rig.name}): ${await MISFORTUNES[name]?.(town, rig, own)}`);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Only processes of the town's own state files, which were spawned for this very run. */
function killed(pid: number | undefined, signal: NodeJS.Signals): string {
  if (pid === undefined || pid <= 0) return 'nobody there';
  try {
    process.kill(pid, signal);
    if (signal === 'SIGKILL') killedByTest(pid);
    return `pid ${pid}`;
  } catch {
    return `pid ${pid} was gone`;
  }
}

async function frozen(pid: number | undefined, ms: number): Promise<string> {
  const what = killed(pid, 'SIGSTOP');
  await delay(ms);
  killed(pid, 'SIGCONT');
  return `${what} for ${ms} ms`;
}
