import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** A process as `ps` and /proc tell of it, without any code of ours. */
export interface SeenProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * The processes that belong to a HOME: it is their HOME, they work below it, or their command line
 * names it.
 */
export function processesOf(home: string): SeenProcess[] {
  const table = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' });
  return table.split('\n').flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || command === undefined || state?.startsWith('Z') || Number(pid) === process.pid) return [];
    return belongs(pid, command, home) ? [{ pid: Number(pid), command }] : [];
  });
}

function belongs(pid: string, command: string, home: string): boolean {
  if (command.includes(home)) return true;
  try {
    if (`${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${home}/`)) return true;
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`HOME=${home}`);
  } catch {
    // Gone meanwhile, or a system without /proc: the command line has to do.
    return false;
  }
}

/** Addresses on which somebody listens: `127.0.0.1:3307`, and paths of unix sockets. */
export function listeners(): Set<string> {
  const tcp = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    lines(table).flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return state === '0A' && local ? [`port ${Number.parseInt(local.split(':').at(-1) ?? '', 16)}`] : [];
    }),
  );
  const unix = lines('/proc/net/unix').flatMap((line) => line.trim().split(/\s+/)[7] ?? []);
  return new Set([...tcp, ...unix]);
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

/** Everything below a directory, as relative paths. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}

/** What a HOME looked like before a test. */
export interface LeakWatch {
  /** Fails when a stopped town has left a process, a listener or a temporary file. */
  check(): Promise<void>;
}

/** Names that a town may leave in a HOME; everything else a test has to have put there itself. */
const EXPECTED = /^(\.dolt-data|\.cache|tmp)$/;
/** Not so socket files: those of killed processes stay. Whether somebody listens there is looked at. */
const TEMPORARY = /(\.tmp|\.rotating|\/draft\.[^/]*|\/making(\/.*)?)$/;

/** The directory of sockets that have no room in a data dir with a long path. */
const SOCKETS = `gt-${userInfo().uid}`;

/** @param ports those that the test gave to its servers */
export function watchLeaks(home: string, ports: () => readonly number[]): LeakWatch {
  const before = new Set(readdirSync(home));
  return {
    async check() {
      await eventually('the end of every process', () => processesOf(home).length === 0, 15_000).catch(() => {
        const left = processesOf(home);
        // They are this test's own: the next one shall not suffer from them.
        for (const { pid } of left) process.kill(pid, 'SIGKILL');
        throw new Error(`left running:\n${left.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`);
      });
      const open = listeners();
      const listening = [...open].filter((one) => one.includes(home));
      listening.push(...ports().flatMap((port) => (open.has(`port ${port}`) ? [`port ${port}`] : [])));
      const stray = readdirSync(home).filter((name) => !before.has(name) && !EXPECTED.test(name));
      stray.push(
        ...filesBelow(join(home, 'tmp'))
          .filter((name) => name !== SOCKETS)
          .map((name) => `tmp/${name}`),
      );
      stray.push(...filesBelow(home).filter((name) => TEMPORARY.test(`/${name}`)));
      if (listening.length + stray.length > 0) {
        throw new Error(`left behind: ${[...listening, ...stray].join(', ')}`);
      }
    },
  };
}
