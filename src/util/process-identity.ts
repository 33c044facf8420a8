import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { systemErrorCode } from '../errors.ts';

/**
 * What tells one process from every other, also from a later one with the same pid: the pid and
 * the time it started, as the kernel counts it.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: compare for equality only. On Linux boot id and clock ticks since boot. */
  readonly startTime: string;
}

export interface ProcessDetails extends ProcessIdentity {
  readonly ppid: number;
  /** Absolute path of the program, or undefined where the system does not tell. */
  readonly executable: string | undefined;
  /** Working directory, or undefined where the system does not tell. */
  readonly cwd: string | undefined;
  /** Arguments, the program's name first. */
  readonly argv: readonly string[];
  /** Resident memory in bytes, or undefined. */
  readonly memoryBytes: number | undefined;
  /** Whether it is on its way out, where the system tells: its program and directory are gone already. */
  readonly ending: boolean;
}

export type Liveness = 'alive' | 'dead' | 'unknown';

const PAGE_BYTES = 4096;
/** The kernel's flag of a process that is in exit(2): PF_EXITING. */
const EXITING = 0x4;
/** `lsof` hangs where a file system that it looks at does. */
const LOOK_TIMEOUT_MS = 10_000;

/**
 * Looks at one process.
 *
 * @returns undefined when there is none with that pid (a zombie counts as none)
 * @throws the system's error when the process exists but may not be looked at
 * @example const details = await inspectProcess(4711);
 */
export async function inspectProcess(pid: number): Promise<ProcessDetails | undefined> {
  if (!isPid(pid)) return undefined;
  return process.platform === 'linux' ? inspectProc(pid) : inspectPs(pid);
}

/** Whether this can be the pid of one process: 0 and below name groups of them to kill(2). */
export function isPid(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0;
}

/** The identity of this very process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const startTime = await startTimeOf(process.pid);
  if (startTime === undefined) throw new Error('this process cannot see itself');
  return { pid: process.pid, startTime };
}

/**
 * When a process started, to the second; null where its start time does not tell.
 *
 * @example startedAt(details) // '2026-01-31T12:00:00.000Z'
 */
export function startedAt({ startTime }: ProcessIdentity): string | null {
  const booted = /^btime (\d+)$/m.exec(text('/proc/stat') ?? '')?.[1];
  const ticks = /:(\d+)$/.exec(startTime)?.[1];
  // The kernel tells ticks of 1/100 s to every program (USER_HZ, see proc(5)).
  const ms =
    process.platform === 'linux' ? (Number(booted) + Math.floor(Number(ticks) / 100)) * 1000 : Date.parse(startTime);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/**
 * Names the set of processes that this one can see. A pid that was recorded in another one, such as
 * a container, proves nothing here, even where both have the same host name.
 *
 * @example pidNamespace() // 'pid:[4026531836]', or '' where the system has one set only
 */
export function pidNamespace(): string {
  return link('/proc/self/ns/pid') ?? '';
}

/**
 * Whether the very process that was recorded still runs. A live process with the same pid and
 * another start time is another one: the recorded one is dead.
 *
 * @example if ((await liveness(holder)) === 'dead') removeItsTicket();
 */
export async function liveness(recorded: ProcessIdentity): Promise<Liveness> {
  try {
    return (await startTimeOf(recorded.pid)) === recorded.startTime ? 'alive' : 'dead';
  } catch {
    return 'unknown';
  }
}

/** The start time alone, which costs far less than everything; undefined when there is no such process. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  if (!isPid(pid)) return undefined;
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  const fields = procStat(pid);
  return fields && procStartTime(fields);
}

/**
 * The fields of /proc/<pid>/stat after the name, see proc(5); undefined for none or a zombie. One whose
 * first thread has ended while others have not is none yet: they hold its files, its locks and its ports.
 */
function procStat(pid: number): string[] | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
  // The name in parentheses may itself hold spaces and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const hasEnded = fields[0] === 'X' || (fields[0] === 'Z' && !(Number(fields[17]) > 1));
  return hasEnded ? undefined : fields;
}

function procStartTime(fields: readonly string[]): string {
  return `${bootId()}:${fields[19]}`;
}

function inspectProc(pid: number): ProcessDetails | undefined {
  const fields = procStat(pid);
  if (!fields) return undefined;
  const pages = Number(fields[21]);
  return {
    pid,
    ppid: Number(fields[1]),
    startTime: procStartTime(fields),
    executable: link(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, ''),
    cwd: link(`/proc/${pid}/cwd`)?.replace(/ \(deleted\)$/, ''),
    argv: (text(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1),
    memoryBytes: Number.isFinite(pages) ? pages * PAGE_BYTES : undefined,
    ending: fields[0] === 'Z' || (Number(fields[6]) & EXITING) !== 0,
  };
}

async function startTimeFromPs(pid: number): Promise<string | undefined> {
  const match = /^\s*(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)$/.exec(await ps(pid, 'stat=,lstart='));
  return match?.[1]?.startsWith('Z') ? undefined : match?.[2];
}

/** What `ps` prints about one process; empty when there is none. */
async function ps(pid: number, columns: string): Promise<string> {
  try {
    const options = { env: { ...process.env, LC_ALL: 'C' }, timeout: LOOK_TIMEOUT_MS };
    return (await promisify(execFile)('ps', ['-o', columns, '-p', String(pid)], options)).stdout.trimEnd();
  } catch (error) {
    // ps exits with 1 and says nothing when there is no such process.
    if (error instanceof Error && 'code' in error && error.code === 1) return '';
    throw error;
  }
}

async function inspectPs(pid: number): Promise<ProcessDetails | undefined> {
  const out = await ps(pid, 'ppid=,rss=,stat=,lstart=,command=');
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(out);
  if (!match || match[3]?.startsWith('Z')) return undefined;
  const argv = (match[5] ?? '').split(' ');
  return {
    pid,
    ppid: Number(match[1]),
    startTime: match[4] ?? '',
    executable: argv[0]?.startsWith('/') ? argv[0] : undefined,
    cwd: await cwdFromLsof(pid),
    argv,
    memoryBytes: Number(match[2]) * 1024,
    ending: false,
  };
}

async function cwdFromLsof(pid: number): Promise<string | undefined> {
  try {
    const look = ['-a', '-p', String(pid), '-d', 'cwd', '-Fn'];
    const { stdout } = await promisify(execFile)('lsof', look, { timeout: LOOK_TIMEOUT_MS });
    return /^n(.*)$/m.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Start times count from boot, so the same number after a reboot is another process. */
function bootId(): string {
  return text('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
