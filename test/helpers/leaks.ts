import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
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

/** Addresses on which somebody listens: `127.0.0.1:3307`, `[::]:8080`, and paths of unix sockets. */
export function listeners(): Set<string> {
  const unix = lines('/proc/net/unix').flatMap((line) => line.trim().split(/\s+/)[7] ?? []);
  return new Set([...tcpListeners().map(({ address }) => address), ...unix]);
}

/** The TCP addresses that one process listens on. */
export function listenersOf(pid: number): string[] {
  const held = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
  return tcpListeners().flatMap(({ address, inode }) => (held.has(`socket:[${inode}]`) ? [address] : []));
}

/** Format of /proc/net/tcp: proc_pid_net(5). */
function tcpListeners(): { address: string; inode: string }[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    lines(table).flatMap((line) => {
      const columns = line.trim().split(/\s+/);
      const [host = '', port = ''] = (columns[1] ?? '').split(':');
      const address = `${host.length === 8 ? ipv4(host) : ipv6(host)}:${Number.parseInt(port, 16)}`;
      return columns[3] === '0A' ? [{ address, inode: columns[9] ?? '' }] : [];
    }),
  );
}

/** Bytes of a word in the order of the machine, which is the reverse of the network's here. */
function word(hex: string): number[] {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function ipv4(hex: string): string {
  return word(hex).join('.');
}

function ipv6(hex: string): string {
  const bytes = [0, 8, 16, 24].flatMap((at) => word(hex.slice(at, at + 8)));
  if (bytes.every((byte) => byte === 0)) return '[::]';
  if (bytes.slice(0, -1).every((byte) => byte === 0) && bytes.at(-1) === 1) return '[::1]';
  return `[${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}]`;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
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

/** Files below a directory that hold a text. One that goes away meanwhile, as drafts do, holds nothing. */
export function filesWith(directory: string, text: string): string[] {
  return filesBelow(directory).filter((name) => {
    try {
      const path = join(directory, name);
      return statSync(path).isFile() && readFileSync(path).includes(text);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  });
}

const killedByTests = new Set<number>();

/** Tells that a test has killed a process: the draft that it was just writing may stay. */
export function killedByTest(pid: number): void {
  killedByTests.add(pid);
}

/** Whether such a process left it: the name of a draft tells whose it is, that of a lock's ticket does inside. */
function isOfKilled(path: string): boolean {
  const [, pid] = /\.(\d+)\.[0-9a-f]{8}\.tmp$/.exec(path) ?? [];
  if (pid !== undefined) return killedByTests.has(Number(pid));
  if (!/\/draft\.\d[^/]*$/.test(path)) return false;
  const holder = /"pid":(\d+)/.exec(readFileSync(path, 'utf8'))?.[1];
  return holder === undefined ? killedByTests.size > 0 : killedByTests.has(Number(holder));
}

/** What a HOME looked like before a test. */
export interface LeakWatch {
  /** Fails when a stopped town has left a process, a listener or a temporary file. */
  check(): Promise<void>;
}

/** Names that a town may leave in a HOME; everything else a test has to have put there itself. */
const EXPECTED = /^(\.dolt-data|\.cache|tmp)$/;
/** Not so socket files: those of killed processes stay. Whether somebody listens there is looked at. */
const TEMPORARY = /(\.tmp|\.rotating|\/draft\.\d[^/]*|\/making(\/.*)?)$/;

/** The directory of sockets that have no room in a data dir with a long path. */
const SOCKETS = `gt-${userInfo().uid}`;

/** @param ports those that the test gave to its servers */
export function watchLeaks(home: string, ports: () => readonly number[]): LeakWatch {
  const before = new Set(readdirSync(home));
  const listening = () =>
    [...listeners()].filter((one) => one.includes(home) || ports().some((port) => one.endsWith(`:${port}`)));
  return {
    async check() {
      await eventually('the end of every process', () => processesOf(home).length === 0).catch(() => {
        const left = processesOf(home);
        // They are this test's own: the next one shall not suffer from them.
        for (const { pid } of left) process.kill(pid, 'SIGKILL');
        throw new Error(`left running:\n${left.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`);
      });
      // Of a process that is gone from the table a thread may still be there, and hold its sockets.
      await eventually('the end of every listener', () => listening().length === 0).catch(() => undefined);
      const stray = readdirSync(home).filter((name) => !before.has(name) && !EXPECTED.test(name));
      stray.push(
        ...filesBelow(join(home, 'tmp'))
          .filter((name) => name !== SOCKETS)
          .map((name) => `tmp/${name}`),
      );
      const drafts = filesBelow(home).filter((name) => TEMPORARY.test(`/${name}`));
      stray.push(...drafts.filter((name) => !isOfKilled(join(home, name))));
      const left = [...listening(), ...stray];
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
  };
}
