import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const MINUTE_MS = 60_000;

/**
 * What a process costs while nothing is asked of it: its resident memory at the end of a minute and
 * its share of one core in it. From proc_pid_stat(5), so on Linux only.
 */
export async function watchIdle(pid: number, signal: AbortSignal): Promise<{ megabytes: number; percent: number }> {
  // What the last command left to do is not idling.
  await delay(2_000, undefined, { signal });
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const before = cpuTicks(pid);
  const begun = performance.now();
  await delay(MINUTE_MS, undefined, { signal });
  const seconds = (cpuTicks(pid) - before) / ticks;
  return { megabytes: residentMegabytes(pid), percent: (seconds * 100_000) / (performance.now() - begun) };
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
