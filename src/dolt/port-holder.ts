import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { inspectProcess, type ProcessDetails } from '../util/process-identity.ts';

const LISTEN = '0A';

/**
 * The process that listens on a TCP port of this machine.
 *
 * @returns undefined when there is none or the system does not tell (another user's process)
 * @example const holder = await portHolder(3307); // holder?.argv
 */
export async function portHolder(port: number): Promise<ProcessDetails | undefined> {
  const pid = process.platform === 'linux' ? pidFromProc(port) : await pidFromLsof(port);
  if (pid === undefined) return undefined;
  return inspectProcess(pid).catch(() => undefined);
}

function pidFromProc(port: number): number | undefined {
  const inodes = new Set([...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return undefined;
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name) && holdsOneOf(Number(name), inodes)) return Number(name);
  }
  return undefined;
}

/** Format of /proc/net/tcp (proc_pid_net(5)): column 2 is address:port in hex, 4 the state, 10 the inode. */
function listeningInodes(table: string, port: number): string[] {
  let text: string;
  try {
    text = readFileSync(table, 'latin1');
  } catch {
    return [];
  }
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    return columns[1]?.endsWith(suffix) && columns[3] === LISTEN && columns[9] ? [`socket:[${columns[9]}]`] : [];
  });
}

function holdsOneOf(pid: number, inodes: ReadonlySet<string>): boolean {
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return false;
  }
  return descriptors.some((descriptor) => {
    try {
      return inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
    } catch {
      return false;
    }
  });
}

async function pidFromLsof(port: number): Promise<number | undefined> {
  try {
    const look = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'];
    const { stdout } = await promisify(execFile)('lsof', look, { timeout: 10_000 });
    const pid = Number(stdout.trim().split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
